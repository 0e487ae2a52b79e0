#!/usr/bin/env bash
# Runs the OCI distribution conformance suite against our in-process registry, prints the counts, and fails on any failure.
# The suite is no module that the Go proxy serves, so its source is given: a checkout of distribution-spec, in
# $OCI_CONFORMANCE_SOURCE or at target/peers/src/distribution-spec. Without one it is absent.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# What the counts in docs and changelog are of.
commit=967efdc079b91785ad18c77cc4f8991a47feefbf
peers=$root/target/peers
source=${OCI_CONFORMANCE_SOURCE:-$peers/src/distribution-spec}
suite=$peers/bin/oci-conformance
out=$root/target/oci-conformance
mkdir -p "$peers/bin" "$peers/log" "$peers/stamp" "$out"

build() {
  local stamp=$peers/stamp/oci-conformance@$commit tree
  [ ! -e "$stamp" ] || [ ! -x "$suite" ] || return 0
  command -v go >/dev/null || { absent "oci conformance" "no go"; return 1; }
  [ -e "$source/.git" ] || { absent "oci conformance" "no checkout at $source"; return 1; }
  # The pinned commit is taken, whatever is checked out there.
  tree=$peers/src/conformance-$commit
  rm -rf "$tree"
  mkdir -p "$tree"
  git -C "$source" archive "$commit" conformance | tar -x -C "$tree" \
    || { absent "oci conformance" "the checkout has no commit $commit"; return 1; }
  (cd "$tree/conformance" && CGO_ENABLED=0 go build -o "$suite" .) >"$peers/log/oci-conformance" 2>&1 \
    || { absent "oci conformance" "go build: see $peers/log/oci-conformance"; return 1; }
  rm -f "$peers/stamp/oci-conformance@"*
  touch "$stamp"
}

# run NAME [OPTION VALUE]... [-- VARIABLE=VALUE...]: one server, one pass of the suite.
run() {
  local name=$1 dir=$out/$1 arguments=() host server
  shift
  while [ $# -gt 0 ] && [ "$1" != -- ]; do arguments+=("$1"); shift; done
  [ $# -eq 0 ] || shift
  rm -rf "$dir"
  mkdir -p "$dir"
  "$root/target/debug/examples/registry" "${arguments[@]}" >"$dir/host" &
  server=$!
  for _ in $(seq 100); do
    [ ! -s "$dir/host" ] || break
    sleep 0.05
  done
  host=$(head -n 1 "$dir/host")
  # It also ends well where it could not start; the counts tell.
  (cd "$dir" && env OCI_REGISTRY="$host" OCI_TLS=disabled OCI_RESULTS_DIR="$dir" OCI_VERSION=1.1 OCI_LOG=error \
    OCI_API_BLOBS_DIGEST_HEADER=true OCI_API_BLOBS_UPLOAD_CANCEL=true OCI_API_MANIFESTS_DIGEST_HEADER=true \
    OCI_API_MANIFESTS_TAG_PARAM=true "$@" "$suite") >"$dir/log" 2>&1 || true
  kill "$server"
  wait "$server" 2>/dev/null || true
  count "$name" "$dir/log"
}

# count NAME LOG: the summary that the suite ends with.
failures=0
count() {
  local passed failed errors skipped disabled
  number() { sed -n "s/^  $1\.*: *\([0-9][0-9]*\)$/\1/p" "$2" | tail -n 1; }
  passed=$(number Pass "$2") failed=$(number FAIL "$2") errors=$(number Error "$2")
  skipped=$(number Skip "$2") disabled=$(number Disabled "$2")
  # A suite that could not start, or whose summary changed its form, is no success.
  if [ -z "$failed" ] || [ -z "$errors" ] || [ "${passed:-0}" -eq 0 ]; then
    echo "oci conformance: $1: no result, see $2"
    failures=$((failures + 1))
    return
  fi
  echo "oci conformance: $1: $passed passed, $((failed + errors)) failed, $((skipped + disabled)) skipped"
  failures=$((failures + failed + errors))
}

if build; then
  cargo build --quiet -p cache-core --example registry --features conformance
  run default
  run basic --auth basic -- OCI_USERNAME=user OCI_PASSWORD=password
  run bearer --auth bearer -- OCI_USERNAME=user OCI_PASSWORD=password
  run no-referrers --referrers off -- OCI_API_REFERRER=false
  run no-delete --delete off -- OCI_API_BLOBS_DELETE=false OCI_API_MANIFESTS_DELETE=false OCI_API_TAGS_DELETE=false
  run sparse --sparse on -- OCI_DATA_SPARSE=true
fi
finish
[ "$failures" -eq 0 ]
