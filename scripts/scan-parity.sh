#!/usr/bin/env bash
# Cache's scanner beside grype, osv-scanner and trivy: the same packages, and the same advisories written for each of them.
# Prints the differences, and fails on one that scripts/scan/known.tsv does not explain. Nothing is asked of a network.
# The peers are those that `scripts/peers.sh scanners` builds, which takes long: an absent one is a line of output.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

out=$root/target/scan-parity
bin=$root/target/peers/bin
scan=$root/target/debug/examples/scan
bulk=$shared/data/sbom/osv/bulk
layout=$root/target/real-image/layout
export GRYPE_DB_AUTO_UPDATE=false GRYPE_DB_VALIDATE_AGE=false GRYPE_CHECK_FOR_APP_UPDATE=false
export GRYPE_DB_CACHE_DIR=$out/grype XDG_CACHE_HOME=$out/xdg

rm -rf "$out"
mkdir -p "$out/reports" "$out/xdg"
[ -d "$bulk" ] || absent "shared data" "only the rules are compared"
python3 "$root/scripts/scan/databases.py" "$out" $([ ! -d "$bulk" ] || echo "$bulk")
ln -s "$out/osv" "$out/xdg/osv-scalibr"

cargo build --quiet -p cache-examples --example scan
"$scan" --database "$out/cache.db" --build-database "$out/osv" 2>"$out/built"
# The same findings whatever the database was made of.
"$scan" --database "$out/of-grype.db" --build-database "$out/grype.db" 2>>"$out/built"
"$scan" --database "$out/of-trivy.db" --build-database "$out/trivy/db/trivy.db" 2>>"$out/built"

peers=()
for name in grype osv-scanner trivy; do
  if [ -x "$bin/$name" ]; then peers+=("$name"); else absent "$name" "scripts/peers.sh scanners builds it"; fi
done
[ ! -x "$bin/grype" ] || "$bin/grype" db import "$out/grype.db" >"$out/import" 2>&1

# peer NAME TARGET REPORT: the target is an SBOM, or a layout, which osv-scanner does not read.
peer() {
  case $1-$([ -d "$2" ] && echo image || echo sbom) in
    grype-sbom) "$bin/grype" "sbom:$2" -o json -q >"$3" ;;
    grype-image) "$bin/grype" "oci-dir:$2" -o json -q >"$3" ;;
    # It fails where it finds something, and where it finds no package that it knows.
    osv-scanner-sbom) "$bin/osv-scanner" scan source --offline --format json -L "$2" >"$3" 2>"$3.log" || [ -s "$3" ] ;;
    trivy-sbom) "$bin/trivy" sbom "$2" "${trivy[@]}" >"$3" ;;
    trivy-image) "$bin/trivy" image --scanners vuln --input "$2" "${trivy[@]}" >"$3" ;;
    *) return 1 ;;
  esac
}
trivy=(--format json --quiet --offline-scan --skip-db-update --skip-java-db-update --skip-version-check --cache-dir "$out/trivy")

# compare SET TARGET WHAT...: WHAT is how our example is told of the target.
compare() {
  local set=$1 target=$2 given=() name
  shift 2
  "$scan" --database "$out/cache.db" "$@" --format json >"$out/reports/$set.cache.json" 2>/dev/null
  # Reading the image takes long; its packages are judged as those of the SBOMs.
  for name in $([ -d "$target" ] || echo of-grype of-trivy); do
    "$scan" --database "$out/$name.db" "$@" --format json >"$out/reports/$set.cache-$name.json" 2>/dev/null
    given+=("cache-$name=$out/reports/$set.cache-$name.json")
  done
  for name in "${peers[@]}"; do
    if peer "$name" "$target" "$out/reports/$set.$name.json"; then given+=("$name=$out/reports/$set.$name.json"); fi
  done
  "$root/scripts/scan/compare.py" "$out/names.json" "$root/scripts/scan/known.tsv" "$set" "$out/reports/$set.cache.json" "$target" \
    "${given[@]}" || failed+=("$set")
}

failed=()
for sbom in "$out"/sboms/*.cdx.json; do
  compare "$(basename "$sbom" .cdx.json)" "$sbom" --sbom "$sbom"
done
if [ ! -e "$layout/oci-layout" ]; then
  absent "real image" "make bench builds it"
elif [ -d "$bulk" ]; then
  compare real-image "$layout" "oci:$layout:v1.0.0"
fi
[ ${#failed[@]} -eq 0 ] || { echo "unexplained or stale: ${failed[*]}" >&2; exit 1; }
finish
