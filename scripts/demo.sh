#!/usr/bin/env bash
# `make demo`: asks at the terminal. Where there is none, it stands in for the person: it reads the digest of the plan that
# is waiting and gives it back with --approve, as a pipeline's approval step would. CACHE_PROMOTE names a program that is built
# already.
set -euo pipefail
cd "$(dirname "$0")/.."
program=${CACHE_PROMOTE:-target/release/examples/promote}
[ -n "${CACHE_PROMOTE:-}" ] || cargo build --release --example promote
[ -t 0 ] && exec "$program"
approvals=()
for _ in 1 2 3 4; do
  code=0
  output=$("$program" ${approvals[@]+"${approvals[@]}"} </dev/null) || code=$?
  if [ "$code" -ne 3 ]; then
    printf '%s\n' "$output"
    exit "$code"
  fi
  digest=$(printf '%s\n' "$output" | sed -n 's/^ *--approve //p' | tail -n 1)
  printf '%s\n\n(no terminal: make demo answers --approve %s)\n\n' "$output" "$digest"
  approvals+=(--approve "$digest")
done
echo "more plans than the demo has" >&2
exit 1
