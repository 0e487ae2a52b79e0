#!/usr/bin/env bash
# `make test`, the part for examples/ci: makes the two actions, runs them as GitHub's runner does, and the script blocks of the others as
# those do. Needs what scripts/node.sh built; leaves nothing outside of target/ and examples/ci/node_modules.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$root/examples/ci"
target=$root/target
export npm_config_cache=$target/npm-cache npm_config_update_notifier=false

if ! cmp -s package-lock.json node_modules/.installed; then
  npm ci --no-audit --no-fund --loglevel=error
  cp package-lock.json node_modules/.installed
fi
ln -sfn ../../../cache-node node_modules/cache-guardian

# As they would be published: each beside the bundles.
rm -rf "$target/ci-actions" "$target/ci-work"
mkdir -p "$target/ci-actions"
cp -r github/plan github/execute "$target/ci-actions/"
node github/build.mjs "$target/ci-actions/dist"

export CACHE_MAKE_LAYOUT=${CACHE_MAKE_LAYOUT:-$target/debug/examples/make-layout}
node --test test/*.test.mjs
