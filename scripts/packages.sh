#!/usr/bin/env bash
# `make packages`: what is published, for this machine, into target/packages: the wheel for Python 3.9 and later and the source
# distribution, the npm package and that of this platform. Then installs the wheel and the npm packages in empty folders and asks both
# of them something. The other platforms are built the same way, each on a machine of its own: .github/workflows/packages.yml.
#
#   scripts/packages.sh [TARGET]      a Rust target, such as x86_64-unknown-linux-musl; that of this machine if not given
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

own=$(rustc -vV | sed -n 's/^host: //p')
target=${1:-$own}
out=$root/target/packages
rm -rf "$out"
mkdir -p "$out/npm"
export PIP_DISABLE_PIP_VERSION_CHECK=1 npm_config_cache=$root/target/npm-cache npm_config_update_notifier=false

venv=$root/target/packages-venv
[ -x "$venv/bin/maturin" ] || { "${PYTHON:-python3}" -m venv "$venv" && "$venv/bin/pip" install --quiet 'maturin>=1.16,<2'; }
(
  cd "$root/cache-py"
  "$venv/bin/maturin" build --quiet --release --target "$target" --target-dir "$root/target" --out "$out"
  "$venv/bin/maturin" sdist --quiet --out "$out"
)

# In a copy: making packages writes into the folder of the package.
work=$out/npm/work
cp -r "$root/cache-node" "$work"
rm -rf "$work/node_modules" "$work"/*.node
(
  cd "$work"
  npm ci --no-audit --no-fund --loglevel=error
  npx napi build --release --platform --no-js --dts native.d.ts --target "$target" --target-dir "$root/target" \
    --manifest-path "$root/cache-node/Cargo.toml" --output-dir "$work/artifacts"
  npx napi create-npm-dirs
  npx napi artifacts --output-dir artifacts
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
[ "$target" = "$own" ] || exit 0

empty=$(mktemp -d "$root/target/installed.XXXXXX")
trap 'rm -rf "$empty"' EXIT
"${PYTHON:-python3}" -m venv "$empty/venv"
"$empty/venv/bin/pip" install --quiet --no-index "$out"/*.whl
(cd "$empty" && venv/bin/python -c 'import cache_guardian; print("Python:", len(cache_guardian.error_kinds()), "kinds of errors")')
mkdir "$empty/node"
cd "$empty/node"
npm init --yes >/dev/null
npm install --offline --omit=optional --no-audit --no-fund --loglevel=error "$out"/npm/*.tgz
node -e 'console.log("Node:", require("cache-guardian").errorKinds().length, "kinds of errors")'
