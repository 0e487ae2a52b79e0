#!/usr/bin/env bash
# `make test`, the part for Node: builds the addon, compares its generated types, runs its tests and compiles the type test.
# Needs Rust, Node 20 or later and npm; leaves nothing outside of target/ and cache-node/node_modules, but for the addon.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$root/cache-node"
target=$root/target
export npm_config_cache=$target/npm-cache npm_config_update_notifier=false

if ! cmp -s package-lock.json node_modules/.installed; then
  npm ci --no-audit --no-fund --loglevel=error
  cp package-lock.json node_modules/.installed
fi

# As the tests of Rust build them, so that nothing is compiled a second time.
cargo build --quiet --workspace --all-features --example make-layout --example sigstore
export CACHE_MAKE_LAYOUT=$target/debug/examples/make-layout CACHE_SIGSTORE=$target/debug/examples/sigstore

# `scripts/node.sh --write` keeps the generated types, after a change of the Rust side.
generated=$target/node
rm -rf "$generated" "$target/node-scenarios"
mkdir -p "$generated"
# It writes no types for what is built already.
rm -rf "$target/napi-rs"
napi_here debug
npx napi build --no-js --dts native.d.ts --target-dir "$target" --manifest-path Cargo.toml \
  --output-dir "$generated" -- --workspace --all-features --lib --examples
cp "$generated"/*.node cache-node.node
if [ "${1:-}" = --write ]; then cp "$generated/native.d.ts" native.d.ts; fi
export CACHE_GENERATED_TYPES=$generated/native.d.ts

node --test test/*.test.mjs
npx tsc --project tsconfig.json
npx publint --strict
