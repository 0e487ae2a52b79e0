#!/usr/bin/env bash
# SBOMs beside the peers: making that of the real image (whole processes: our example `sbom`, syft, trivy), and reading its
# documents (criterion beside spdx-rs and cyclonedx-bom; Python beside spdx-tools and cyclonedx-python-lib), and large ones.
# Prints Markdown tables: medians, and ratios to syft.
#
#   scripts/compare-sbom.sh [ROUNDS]       (default 5)
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

rounds=${1:-5}
bin=$root/target/peers/bin
ours=$root/target/release/examples/sbom
layout=$root/target/real-image/layout
out=$root/target/compare-sbom

for need in "$bin/syft" "$ours" "$layout/oci-layout" /usr/bin/time; do
  [ -e "$need" ] || { absent "comparison of SBOMs" "no $need"; finish; exit 0; }
done
rm -rf "$out"
mkdir -p "$out/home" "$out/documents"
export SYFT_CHECK_FOR_APP_UPDATE=false XDG_CACHE_HOME=$out/home
image=$layout:v1.0.0

# Nothing but a database of Java archives with nothing in it: without one Trivy stops at the first archive, and the
# real one comes over the network.
empty_cache_of_trivy() {
  rm -rf "$out/trivy"
  mkdir -p "$out/trivy/java-db"
  python3 - "$out/trivy/java-db" <<'PYTHON'
import json, sqlite3, sys
database = sqlite3.connect(f"{sys.argv[1]}/trivy-java.db")
database.execute("CREATE TABLE artifacts (id INTEGER PRIMARY KEY, group_id TEXT, artifact_id TEXT)")
database.execute("CREATE TABLE indices (artifact_id INTEGER, version TEXT, sha1 BLOB, archive_type TEXT)")
database.commit()
times = {"NextUpdate": "2099-01-01T00:00:00Z", "UpdatedAt": "2026-01-01T00:00:00Z", "DownloadedAt": "2026-01-01T00:00:00Z"}
json.dump({"Version": 1, **times}, open(f"{sys.argv[1]}/metadata.json", "w"))
PYTHON
}

make_with() {
  case $1 in
    cache) set -- "$ours" "oci:$image" --format spdx-2.3 ;;
    cache-warm) set -- "$ours" "oci:$image" --format spdx-2.3 --cache "$out/layers" ;;
    syft) set -- "$bin/syft" scan "oci-dir:$layout" -o spdx-json -q ;;
    trivy) set -- "$bin/trivy" image --input "$layout" --format spdx-json --quiet --offline-scan --skip-java-db-update \
      --skip-version-check --cache-dir "$out/trivy" ;;
  esac
  # Trivy keeps what it found in layers, and would answer from that.
  [ "$tool" != trivy ] || empty_cache_of_trivy
  python3 "$root/scripts/measure.py" run "$out/make" "$tool" "$@"
}

tools=(syft)
if [ -x "$bin/trivy" ]; then tools+=(trivy); else absent trivy "no $bin/trivy"; fi
tools+=(cache cache-warm)

echo "Machine: $(nproc) cores,$(sed -n 's/^model name[^:]*://p' /proc/cpuinfo | head -n 1); load before: $(cut -d ' ' -f 1-3 /proc/loadavg)."
echo
echo "From the image to SPDX 2.3, $(du -s --apparent-size -B 1 "$layout/blobs" | cut -f 1) bytes packed:"
echo
for ((round = 0; round <= rounds; round++)); do
  # The first round only warms caches up and is thrown away.
  [ "$round" != 1 ] || rm "$out/make"
  for tool in "${tools[@]}"; do make_with "$tool"; done
done
python3 "$root/scripts/measure.py" table "$out/make" syft

documents=$out/documents
"$bin/syft" scan "oci-dir:$layout" -q -o "spdx-json=$documents/spdx.json" -o "cyclonedx-json@1.6=$documents/cyclonedx.json" \
  -o "cyclonedx-json@1.5=$documents/cyclonedx-1.5.json"
echo
echo "Reading documents: $(stat -c '%n %s bytes' "$documents"/*.json | sed "s|$documents/||" | paste -sd ';')"
echo
CACHE_BENCH_DOCUMENTS=$documents CRITERION_HOME=$root/target/criterion cargo bench --quiet --manifest-path "$root/benches/peers/Cargo.toml" \
  --target-dir "$root/target/peer-benches" -- --quiet 2>/dev/null

echo
echo "Large documents, made of those; one process reads each:"
echo
echo "| document | MB | peak / document |"
echo "|---|---:|---:|"
for name in spdx cyclonedx; do
  large=$out/large-$name.json
  python3 "$root/scripts/large-sbom.py" "$documents/$name.json" 200000000 "$large"
  python3 "$root/scripts/measure.py" run "$out/large" "$name" "$ours" "file:$large"
  awk -v name="$name" -v bytes="$(stat -c %s "$large")" '$1 == name {
    times = $4 * 1048576 / bytes
    printf "| %s | %.0f | %.2f |\n", name, bytes / 1e6, times
    if (times > 3) { print "more than three times the document"; exit 1 }
  }' "$out/large"
  rm "$large"
done

if [ -x "$root/target/venv/bin/python" ]; then
  venv=$out/venv
  "${PYTHON:-python3}" -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check spdx-tools==0.8.5 cyclonedx-python-lib==11.12.0
  "$root/target/venv/bin/maturin" build --quiet --release --manifest-path "$root/cache-py/Cargo.toml" \
    --target-dir "$root/target" --out "$out/wheels"
  "$venv/bin/pip" install --quiet --no-deps "$out"/wheels/*.whl
  echo
  "$venv/bin/python" "$root/scripts/compare-python.py" "$documents"
else
  absent "comparison in Python" "make test makes target/venv"
fi
finish
