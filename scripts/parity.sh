#!/usr/bin/env bash
# How far Cache's SBOMs agree with Syft's: of the real image, and of the shared data's folders and images. Prints the
# differences, and fails below the least percentage; scripts/parity-known.tsv lists the explained ones.
# The real image takes root, debootstrap, Maven, npm and Go to build: where it is not there, it is absent.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

layout=$root/target/real-image/layout
syft=$root/target/peers/bin/syft
sbom=$root/target/debug/examples/sbom
out=$root/target/parity
data=$shared/data/sbom
failed=()

# compare SET OURS THEIRS [OPTION...]: the two programs' names for the same thing.
compare() {
  local set=$1 ours=$2 theirs=$3
  shift 3
  echo "== $set"
  mkdir -p "$out/$set"
  "$sbom" "$ours" --format syft-16.1.13 >"$out/$set/ours.json" 2>"$out/$set/findings.txt"
  SYFT_CHECK_FOR_APP_UPDATE=false "$syft" scan "$theirs" -o syft-json -q >"$out/$set/syft.json"
  "$root/scripts/parity.py" "$out/$set/ours.json" "$out/$set/syft.json" "$@" || failed+=("$set")
}

real_image() {
  [ -e "$layout/oci-layout" ] || { absent "real image" "make bench builds it"; return; }
  compare real-image "oci:$layout:v1.0.0" "oci-dir:$layout" --least 99
}

shared_data() {
  [ -d "$data" ] || { absent "shared data" "it lies beside the clone, or CACHE_SHARED names it"; return; }
  local explained=(--least 100 --known "$root/scripts/parity-known.tsv") folder archive set
  for folder in "$data"/syft/cataloger/*/testdata; do
    set=$(basename "$(dirname "$folder")")
    compare "$set" "dir:$folder" "dir:$folder" "${explained[@]}" "$set"
  done
  for folder in "$data"/own/rpmdb/*; do
    set=rpmdb-$(basename "$folder")
    compare "$set" "dir:$folder" "dir:$folder" "${explained[@]}" "$set"
  done
  for archive in "$data"/own/layers/*.tar; do
    set=$(basename "$archive" .tar)
    "$root/scripts/layout.py" "$archive" "$out/$set/layout"
    compare "$set" "oci:$out/$set/layout:v1" "oci-dir:$out/$set/layout" "${explained[@]}" "$set"
  done
}

if [ -x "$syft" ]; then
  cargo build --quiet -p cache-examples --example sbom
  real_image
  shared_data
else
  absent syft "scripts/peers.sh builds it"
fi
[ ${#failed[@]} -eq 0 ] || { echo "below the least: ${failed[*]}" >&2; exit 1; }
finish
