#!/usr/bin/env bash
# Size and startup time of the published app, on the embedded host. Ports 7081 and 7082 and the ports of Azurite must be free.
#
#   benchmarks/startup.sh [rounds]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
rounds=${1:-5}
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2> /dev/null || true; wait; rm -rf "$folder"' EXIT

dotnet build Functions --configuration Release --verbosity quiet # installs Azurite, which the package does not contain
dotnet publish Functions --configuration Release --verbosity quiet -p:FunctionsHost=embedded --output "$folder/app"
printf 'package: %s MB in %s files, %s of them native libraries\n' \
  "$(du -sm "$folder/app" | cut -f1)" "$(find "$folder/app" -type f | wc -l)" "$(find "$folder/app" -name '*.so*' | wc -l)"

# Prints the seconds until an app on a port is ready.
start() {
  local begun=$EPOCHREALTIME
  dotnet "$folder/app/GanFunctions.Functions.dll" --urls "http://127.0.0.1:$1" --AzureFunctionsJobHost:extensions:durableTask:hubName="Startup$1" --Azurite:Location "$folder/azurite" \
    > "$folder/$1.log" 2>&1 &
  until curl --silent --fail --output /dev/null "http://127.0.0.1:$1/api/health"; do
    kill -0 $! 2> /dev/null || { cat "$folder/$1.log" >&2; exit 1; }
    sleep 0.01
  done
  awk -v begun="$begun" -v now="$EPOCHREALTIME" 'BEGIN { printf "%.2f", now - begun }'
}

stop() { kill "$1"; wait "$1" || true; }

for round in $(seq "$rounds"); do
  start 7081 > "$folder/with"; first=$!
  start 7082 > "$folder/alone"; second=$!
  printf 'round %s: ready after %s s if it must start the storage emulator, after %s s if storage is running\n' \
    "$round" "$(cat "$folder/with")" "$(cat "$folder/alone")"
  stop "$second"; stop "$first"
done
