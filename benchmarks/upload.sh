#!/usr/bin/env bash
# What 60,000 PNG files in one upload take, in time and in memory, in an app that was just started. Needs Linux, port 7083 and those of Azurite
# to be free, and Fashion-MNIST (Debian: dataset-fashion-mnist).
#
#   benchmarks/upload.sh [folder with Fashion-MNIST]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2> /dev/null || true; wait; rm -rf "$folder"' EXIT

dotnet build Functions --configuration Release --verbosity quiet
dotnet build benchmarks --configuration Release --verbosity quiet
dotnet Functions/bin/Release/net10.0/GanFunctions.Functions.dll --urls http://127.0.0.1:7083 --Azurite:Location "$folder/azurite" > "$folder/log" 2>&1 &
app=$!
until curl --silent --fail --output /dev/null http://127.0.0.1:7083/api/health; do
  kill -0 $app 2> /dev/null || { cat "$folder/log" >&2; exit 1; }
  sleep 0.1
done
dotnet benchmarks/bin/Release/net10.0/GanFunctions.Benchmarks.dll upload http://127.0.0.1:7083 $app "$@"
