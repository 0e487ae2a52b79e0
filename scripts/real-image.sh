#!/usr/bin/env bash
# Makes sure that the real image is at target/real-image/layout. About five minutes the first time, nothing afterwards.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

out=$root/target/real-image
build() {
  local tool log=$out/build.log
  [ -f "$shared/real-image.sh" ] || { absent "real image" "no $shared/real-image.sh"; return; }
  for tool in python3 npm mvn go; do
    command -v "$tool" >/dev/null || { absent "real image" "no $tool"; return; }
  done
  [ "$(id -u)" = 0 ] || { absent "real image" "not root, as debootstrap must be"; return; }
  command -v debootstrap >/dev/null || apt-get install -y -qq --no-install-recommends debootstrap >/dev/null 2>&1 \
    || { absent "real image" "no debootstrap"; return; }
  mkdir -p "$out"
  (cd "$root" && bash "$shared/real-image.sh" target/real-image) >"$log" 2>&1 \
    || absent "real image" "see $log: $(tail -n 1 "$log")"
}

# `oci-layout` is the file that the builder writes last.
[ -e "$out/layout/oci-layout" ] || build
[ ! -e "$out/layout/oci-layout" ] || echo "data: real image, $(du -sh "$out/layout" | cut -f 1)"
finish
