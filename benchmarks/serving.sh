#!/usr/bin/env bash
# How fast pictures are served by an app that was just started, on an idle machine and beside a training. Needs wrk, port 7084 and those of Azurite
# to be free.
#
#   benchmarks/serving.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2> /dev/null || true; wait; rm -rf "$folder"' EXIT

dotnet build Functions --configuration Release --verbosity quiet
dotnet build benchmarks --configuration Release --verbosity quiet
dotnet Functions/bin/Release/net10.0/GanFunctions.Functions.dll --urls http://127.0.0.1:7084 --Azurite:Location "$folder/azurite" > "$folder/log" 2>&1 &
app=$!
until curl --silent --fail --output /dev/null http://127.0.0.1:7084/api/health; do
  kill -0 $app 2> /dev/null || { cat "$folder/log" >&2; exit 1; }
  sleep 0.1
done
dotnet benchmarks/bin/Release/net10.0/GanFunctions.Benchmarks.dll serving http://127.0.0.1:7084
