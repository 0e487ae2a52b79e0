#!/usr/bin/env bash
# Scans beside osv-scanner and grype: whole processes, the same SBOM and the same advisories (those of the shared data); then
# 10,000 SBOMs with one thread and with all, and an index of 300,000 advisories. Prints Markdown tables of medians.
#
#   scripts/compare-scan.sh [ROUNDS]       (default 10)
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

rounds=${1:-10}
bin=$root/target/peers/bin
scan=$root/target/release/examples/scan
bulk=$shared/data/sbom/osv/bulk
out=$root/target/compare-scan
export GRYPE_DB_AUTO_UPDATE=false GRYPE_DB_VALIDATE_AGE=false GRYPE_CHECK_FOR_APP_UPDATE=false
export GRYPE_DB_CACHE_DIR=$out/grype XDG_CACHE_HOME=$out/xdg

for need in "$scan" "$bulk" /usr/bin/time; do
  [ -e "$need" ] || { absent "comparison of scans" "no $need"; finish; exit 0; }
done
rm -rf "$out"
mkdir -p "$out/xdg"
python3 "$root/scripts/scan/databases.py" "$out" "$bulk"
ln -s "$out/osv" "$out/xdg/osv-scalibr"
sbom=$out/sboms/real.cdx.json

measure() { python3 "$root/scripts/measure.py" run "$out/$1" "${@:2}"; }

scan_with() {
  case $1 in
    cache) measure scan cache "$scan" --database "$out/cache.db" --sbom "$sbom" --format json ;;
    grype) measure scan grype "$bin/grype" "sbom:$sbom" -o json -q ;;
    # It fails where it finds something.
    osv-scanner) measure scan osv-scanner sh -c '"$0" scan source --offline --format json -L "$1" 2>/dev/null || [ $? = 1 ]' \
      "$bin/osv-scanner" "$sbom" ;;
  esac
}

tools=(cache)
for name in osv-scanner grype; do
  if [ -x "$bin/$name" ]; then tools+=("$name"); else absent "$name" "scripts/peers.sh scanners builds it"; fi
done
[ ! -x "$bin/grype" ] || "$bin/grype" db import "$out/grype.db" >/dev/null 2>&1

echo "Machine: $(nproc) cores,$(sed -n 's/^model name[^:]*://p' /proc/cpuinfo | head -n 1); load before: $(cut -d ' ' -f 1-3 /proc/loadavg)."
echo
measure build index "$scan" --database "$out/cache.db" --build-database "$out/osv"
echo "Making the index of OSV's archives:"
echo
python3 "$root/scripts/measure.py" table "$out/build" index
echo
echo "An SBOM of $(grep -c '"bom-ref"' "$sbom") packages:"
echo
for ((round = 0; round <= rounds; round++)); do
  # The first round only warms caches up and is thrown away.
  [ "$round" != 1 ] || rm "$out/scan"
  for tool in "${tools[@]}"; do scan_with "$tool"; done
done
python3 "$root/scripts/measure.py" table "$out/scan" cache

mkdir -p "$out/many"
for ((at = 0; at < 10000; at++)); do ln "$sbom" "$out/many/$at.json"; done
for _ in 1 2 3; do
  measure batch one-thread "$scan" --database "$out/cache.db" --sboms "$out/many" --threads 1
  measure batch all-cores "$scan" --database "$out/cache.db" --sboms "$out/many"
done
echo
echo "10,000 of it:"
echo
python3 "$root/scripts/measure.py" table "$out/batch" one-thread

python3 "$root/scripts/scan/multiply.py" "$bulk" "$out/large" 300000
measure large-build index "$scan" --database "$out/large.db" --build-database "$out/large"
for ((round = 0; round < rounds; round++)); do
  measure open open "$scan" --database "$out/large.db" --info
  measure open scan "$scan" --database "$out/large.db" --sbom "$sbom" --format json
done
echo
echo "An index of 300,000 records, $(stat -c %s "$out/large.db") bytes: made, opened in a process of its own, and scanned with:"
echo
python3 "$root/scripts/measure.py" table "$out/large-build" index
echo
python3 "$root/scripts/measure.py" table "$out/open" open
finish
