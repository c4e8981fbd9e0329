#!/usr/bin/env bash
# Starts an app and runs a benchmark against it over HTTP. Needs Linux; ports 7084, 7085 and 10084 to 10086 must be free.
#
#   benchmarks/in-app.sh upload [folder]   60,000 PNG files in one upload, from Fashion-MNIST (Debian: dataset-fashion-mnist)
#   benchmarks/in-app.sh serving           pictures over HTTP, idle and during training (needs wrk)
#   benchmarks/in-app.sh samples [side]    the largest requests for pictures: time and memory, and small requests beside them
#   benchmarks/in-app.sh runs              measured runs by size and batch: peak memory, and memory of the idle app afterwards
#   benchmarks/in-app.sh parallel          a run on one worker and on two, each a process of its own
#   benchmarks/in-app.sh page              the page in a browser (needs Chromium)
#
# MEMORY=4G benchmarks/in-app.sh ...       with that much memory for the apps and their Azurite, in a control group (needs root)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
address=http://127.0.0.1:7084
folder=$(mktemp -d)
group=
trap 'kill $(jobs -p) 2> /dev/null || true; wait; rm -rf "$folder"; [ -z "$group" ] || rmdir "$group"' EXIT
if [ -n "${MEMORY:-}" ]; then
  if [ -d /sys/fs/cgroup/memory ]; then # version 1
    group=/sys/fs/cgroup/memory/gan-$$
    mkdir "$group"
    echo "$MEMORY" > "$group/memory.limit_in_bytes"
  else
    group=/sys/fs/cgroup/gan-$$
    mkdir "$group"
    echo "$MEMORY" > "$group/memory.max"
  fi
fi
run_in_group() {
  [ -z "$group" ] || echo $BASHPID > "$group/cgroup.procs"
  exec "$@"
}

dotnet build Functions --configuration Release --verbosity quiet
dotnet build benchmarks --configuration Release --verbosity quiet
run_in_group dotnet Functions/bin/Release/net10.0/GanFunctions.Functions.dll --urls $address --Azurite:Location "$folder/azurite" --Azurite:Port 10084 > "$folder/log" 2>&1 &
app=$!
until curl --silent --fail --output /dev/null $address/api/health; do
  kill -0 $app 2> /dev/null || { cat "$folder/log" >&2; exit 1; }
  sleep 0.1
done
if [ "$1" = parallel ]; then # a second worker on the same storage
  run_in_group dotnet Functions/bin/Release/net10.0/GanFunctions.Functions.dll --urls http://127.0.0.1:7085 --Azurite:Location "$folder/azurite" --Azurite:Port 10084 > "$folder/log2" 2>&1 &
  until curl --silent --fail --output /dev/null http://127.0.0.1:7085/api/health; do sleep 0.1; done
fi
dotnet benchmarks/bin/Release/net10.0/GanFunctions.Benchmarks.dll "$1" $address $app "${@:2}"
