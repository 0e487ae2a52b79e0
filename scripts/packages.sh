#!/usr/bin/env bash
# `make packages`: what is published, for this machine, into target/packages: the wheel for Python 3.9 and later and the source
# distribution, the npm package and that of this platform; a wheel for free-threaded Python too, where there is one. Then installs
# the wheel and the npm packages in empty folders, where both of them do the first promotion of docs/quickstart.md. The other platforms are built the same way, each on a machine of its own: .github/workflows/packages.yml.
#
#   scripts/packages.sh [TARGET]      a Rust target, such as x86_64-unknown-linux-musl; that of this machine if not given
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

own=$(rustc -vV | sed -n 's/^host: //p')
target=${1:-$own}
# For this machine without --target, so that what other commands built is used.
cross=()
[ "$target" = "$own" ] || cross=(--target "$target")
out=$root/target/packages
rm -rf "$out"
mkdir -p "$out/npm"
export PIP_DISABLE_PIP_VERSION_CHECK=1 npm_config_cache=$root/target/npm-cache npm_config_update_notifier=false

venv=$root/target/packages-venv
[ -x "$venv/bin/maturin" ] || { "${PYTHON:-python3}" -m venv "$venv" && "$venv/bin/pip" install --quiet 'maturin>=1.16,<2'; }
(
  cd "$root/cache-py"
  "$venv/bin/maturin" build --quiet --release ${cross[@]+"${cross[@]}"} --target-dir "$root/target" --out "$out"
  # It has no stable ABI: a wheel of its own. pyo3 knows none before 3.14.
  ! command -v python3.14t >/dev/null || "$venv/bin/maturin" build --quiet --release ${cross[@]+"${cross[@]}"} \
    --target-dir "$root/target" --interpreter python3.14t --out "$out"
  "$venv/bin/maturin" sdist --out "$out" 2>/dev/null
)

# In a copy: making packages writes into the folder of the package.
work=$out/npm/work
cp -r "$root/cache-node" "$work"
rm -rf "$work/node_modules" "$work"/*.node
(
  cd "$work"
  npm ci --no-audit --no-fund --loglevel=error
  [ "$target" != "$own" ] || napi_here release
  npx napi build --release --platform --no-js --dts native.d.ts --target "$target" --target-dir "$root/target" \
    --manifest-path "$root/cache-node/Cargo.toml" --output-dir "$work/artifacts"
  npx napi create-npm-dirs
  # Into the folder of its platform; napi's own command wants all platforms at once.
  for addon in artifacts/*.node; do
    platform=${addon##*/cache-node.}
    mv "$addon" "npm/${platform%.node}/"
  done
  version=$(node -p "require('./package.json').version")
  for folder in npm/*; do
    name=$(node -p "require('./$folder/package.json').name")
    npm pkg set "optionalDependencies.$name=$version"
    ! ls "$folder"/*.node >/dev/null 2>&1 || (cd "$folder" && npm pack --silent --pack-destination "$out/npm" >/dev/null)
  done
  npm pack --silent --pack-destination "$out/npm" >/dev/null
)
rm -rf "$work"
ls -l "$out"/*.whl "$out"/*.tar.gz "$out"/npm/*.tgz | awk '{print $5, $NF}'
# Elsewhere it cannot run, and Windows has no such terminals.
case $target in *windows*) exit 0 ;; "$own") ;; *) exit 0 ;; esac

python=${PYTHON:-python3}
empty=$(mktemp -d "$root/target/installed.XXXXXX")
trap 'rm -rf "$empty"' EXIT

# first FOLDER COMMAND...: the quick start's program, at a terminal, from an image to a promoted one.
first() {
  local folder=$1
  shift
  (cd "$folder" && XDG_STATE_HOME=$empty/state "$python" "$root/scripts/at-terminal.py" "$@" >shown) || { cat "$folder/shown"; exit 1; }
  [ -e "$folder/staging/index.json" ]
  echo "installed in an empty folder, and promoted an image: $(basename "$folder")"
}

for interpreter in "$python" python3.14t; do
  command -v "$interpreter" >/dev/null || continue
  folder=$empty/$(basename "$interpreter")
  "$interpreter" -m venv "$folder/venv"
  "$folder/venv/bin/pip" install --quiet --no-index --find-links "$out" cache-guardian
  "$python" "$root/scripts/quickstart.py" "$folder"
  first "$folder" venv/bin/python first.py
done
"$python" "$root/scripts/quickstart.py" "$empty/node"
(
  cd "$empty/node"
  npm init --yes >/dev/null
  npm install --offline --omit=optional --no-audit --no-fund --loglevel=error "$out"/npm/*.tgz
)
first "$empty/node" node first.mjs
