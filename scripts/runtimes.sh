#!/usr/bin/env bash
# `make runtimes`, after `make test`: the tests of the Node binding in the oldest Node that it promises and in later ones, which npm
# brings. Python's, in another one: PYTHON=python3.14t scripts/python.sh
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$root/cache-node"
target=$root/target
export npm_config_cache=$target/npm-cache npm_config_update_notifier=false
export CACHE_MAKE_LAYOUT=$target/debug/examples/make-layout CACHE_SIGSTORE=$target/debug/examples/sigstore
export CACHE_GENERATED_TYPES=$target/node/native.d.ts
for version in 18 22 24 26; do
  echo "node $version"
  npx --yes --package "node@$version" node --test --test-reporter dot test/*.test.mjs
done
