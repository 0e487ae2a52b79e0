#!/usr/bin/env bash
# How far Cache's SBOM of the real image agrees with Syft's. Prints the difference, and fails below the least percentage.
# The real image takes root, debootstrap, Maven, npm and Go to build: where it is not there, it is absent.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

least=99
layout=$root/target/real-image/layout
syft=$root/target/peers/bin/syft
out=$root/target/parity

compare() {
  [ -e "$layout/oci-layout" ] || { absent "real image" "make bench builds it"; return; }
  [ -x "$syft" ] || { absent syft "scripts/peers.sh builds it"; return; }
  mkdir -p "$out"
  cargo build --quiet -p cache-examples --example sbom
  "$root/target/debug/examples/sbom" "oci:$layout:v1.0.0" >"$out/ours.txt"
  SYFT_CHECK_FOR_APP_UPDATE=false "$syft" scan "oci-dir:$layout" -o syft-json -q >"$out/syft.json"
  "$root/scripts/parity.py" "$out/ours.txt" "$out/syft.json" "$least"
}

compare
finish
