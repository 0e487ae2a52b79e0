#!/usr/bin/env bash
# Fuzzes every reader and cataloger in turn: libFuzzer by cargo-fuzz, which it installs into target/tools.
#
#   scripts/fuzz.sh SECONDS [NAME...]       each for so long; all of them, or those whose names are given
#
# `CACHE_FUZZ_JOBS=4` runs four at once. Corpora grow in target/fuzz/corpus/NAME; what breaks something is kept in target/fuzz/found/NAME. The shared data, where it
# is, gives the first inputs. Prints a line for each: name, executions, coverage, and what was found.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

seconds=${1:?how many seconds for each}
shift

# Readers of documents, and the path that a file has for each cataloger.
documents=(
  sbom report vex findings osv grype-db trivy-db version vers license purl reference manifest bundle envelope key root policy image-policy
  inventory cluster lifecycle plan approval restore
)
files=(
  dpkg:var/lib/dpkg/status opkg:usr/lib/opkg/info/a.control copyright:usr/share/doc/a/copyright
  dpkg-list:var/lib/dpkg/info/a.list apk:lib/apk/db/installed os-release:etc/os-release
  rpm-sqlite:var/lib/rpm/rpmdb.sqlite rpm-ndb:var/lib/rpm/Packages.db rpm-bdb:var/lib/rpm/Packages
  rpm-manifest:var/lib/rpmmanifest/container-manifest-2
  package-json:node_modules/a/package.json package-lock:package-lock.json yarn:yarn.lock pnpm:pnpm-lock.yaml bun:bun.lock
  metadata:site-packages/a-1.dist-info/METADATA record:site-packages/a-1.dist-info/RECORD egg:a.egg-info/PKG-INFO
  poetry:poetry.lock uv:uv.lock pipfile:Pipfile.lock pdm:pdm.lock requirements:requirements.txt
  gemspec:specifications/a-1.gemspec gemfile:Gemfile.lock composer:vendor/composer/installed.json
  composer-lock:composer.lock cargo:Cargo.lock go-mod:go.mod gradle:gradle.lockfile pom:pom.xml
  nuget:packages.lock.json deps:a.deps.json r:DESCRIPTION swift:Package.resolved pods:Podfile.lock dart:pubspec.lock
  mix:mix.lock conan:conan.lock jar:a.jar binary:usr/bin/a busybox:bin/busybox license:usr/share/common-licenses/GPL-3
)

# The fuzzer's runtime needs flags that a stable compiler hides.
export RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR=$root/target/fuzz/build
fuzz() { cargo fuzz "$@" --fuzz-dir "$root/cache-core/fuzz"; }
if [ ! -x "$root/target/tools/bin/cargo-fuzz" ]; then
  CARGO_TARGET_DIR=$root/target/tools/build cargo install --quiet --root "$root/target/tools" --locked cargo-fuzz@0.13.1
fi
PATH=$root/target/tools/bin:$PATH
cd "$root"
fuzz build --sanitizer none >/dev/null 2>"$root/target/fuzz.log" || { tail -n 20 "$root/target/fuzz.log" >&2; exit 1; }
rm -f "$root/target/fuzz/failed"
bin=$CARGO_TARGET_DIR/$(rustc -vV | sed -n 's/^host: //p')/release

jobs=${CACHE_FUZZ_JOBS:-1}
# run NAME TARGET [SEED...]: when one of those that run has ended, if they are as many as may.
run() {
  while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n || true; done
  fuzz_one "$@" &
}

fuzz_one() {
  local name=$1 target=$2 seeds=("${@:3}")
  local corpus=$root/target/fuzz/corpus/$name found=$root/target/fuzz/found/$name log=$root/target/fuzz/$name.log
  mkdir -p "$corpus" "$found"
  for seed in "${seeds[@]}"; do [ ! -f "$seed" ] || cp -n "$seed" "$corpus/" 2>/dev/null || true; done
  if "$bin/$target" "$corpus" -artifact_prefix="$found/" -max_total_time="$seconds" -max_len=131072 -timeout=10 \
    -rss_limit_mb=2048 -print_final_stats=1 >"$log" 2>&1; then
    echo "$name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") executions, $(grep -o 'cov: [0-9]*' "$log" | tail -n 1), nothing found"
  else
    touch "$root/target/fuzz/failed"
    echo "$name: FOUND $(ls "$found") ($log)"
  fi
}

# Small databases and a pair of versions to begin with.
databases=$root/target/fuzz/databases
mkdir -p "$databases"
python3 "$root/scripts/scan/databases.py" "$databases" >/dev/null
printf '1:1.0~rc1-1.el9\nv2.0.0-beta.1+x' >"$databases/versions"
printf 'vers:npm/1.2.3|>=2.0.0|!=2.1.0|<5.0.0\n2.0.0' >"$databases/range"

wanted() { [ $# = 1 ] || [[ " ${*:2} " == *" $1 "* ]]; }

for name in "${documents[@]}"; do
  wanted "$name" "$@" || continue
  seeds=()
  case $name in
    sbom) mapfile -t seeds < <(find "$shared/data/sbom" -name '*.json' -o -name '*.xml' -o -name '*.spdx' | head -n 400) ;;
    report | findings) mapfile -t seeds < <(find "$shared/data/sbom/trivy" "$root/examples/findings" -name '*.json*' | head -n 100) ;;
    vex) mapfile -t seeds < <(find "$shared/data/sbom/vex" "$root/examples/findings" \( -name '*.json' -o -name '*.xml' \) -size -64k | head -n 400) ;;
    osv) mapfile -t seeds < <(find "$databases/osv" "$shared/data/sbom/osv" -name '*.json' -size -64k | head -n 200) ;;
    grype-db) seeds=("$databases/grype.db") ;;
    trivy-db) seeds=("$databases/trivy/db/trivy.db") ;;
    version) seeds=("$databases/versions") ;;
    vers) seeds=("$databases/range") ;;
    bundle | envelope | root) mapfile -t seeds < <(find "$shared/data/signing" -name '*.json' | head -n 300) ;;
    policy | image-policy) mapfile -t seeds < <(find "$shared/data/signing" "$root/examples" -name '*.yaml' | head -n 100) ;;
  esac
  CACHE_FUZZ_READER=$name run "$name" document "${seeds[@]}"
done
for file in "${files[@]}"; do
  name=${file%%:*} path=${file#*:}
  wanted "$name" "$@" || continue
  mapfile -t seeds < <(find "$shared/data/sbom/syft" "$shared/data/sbom/own" "$root" -maxdepth 8 -type f -size -64k \
    -name "$(basename "$path")" -not -path '*/target/*' 2>/dev/null | head -n 50)
  CACHE_FUZZ_PATH=$path run "$name" file "${seeds[@]}"
done
if wanted layer "$@"; then
  mapfile -t seeds < <(find "$shared/data/sbom/own/layers" -type f -size -64k)
  run layer layer "${seeds[@]}"
fi
wait
[ ! -e "$root/target/fuzz/failed" ]
