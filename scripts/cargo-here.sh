#!/usr/bin/env bash
# In the place of cargo for napi, which always names a target and so builds everything a second time, in a folder of that target. Here
# the target of this machine is left out: what other commands built is used.
set -euo pipefail
host=$(rustc -vV | sed -n 's/^host: //p')
arguments=()
while [ $# -gt 0 ]; do
  if [ "$1" = --target ] && [ "${2:-}" = "$host" ]; then
    shift 2
  else
    arguments+=("$1")
    shift
  fi
done
exec cargo "${arguments[@]}"
