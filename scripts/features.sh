#!/usr/bin/env bash
# `make features`: the library compiles, without a warning, with no feature and with each of them alone. Their names are the manifest's.
# What several features share may be unused, and seen by nobody, where there is one; `make check` sees what none of them uses.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$root"
features=$(sed -n '/^\[features\]/,/^\[dependencies\]/s/^\([a-z0-9-]*\) = .*/\1/p' cache-core/Cargo.toml | grep -v '^default$')
for feature in '' $features; do
  echo "feature: ${feature:-none}"
  cargo clippy --quiet -p cache-core --no-default-features --features "$feature" -- -D warnings \
    -A dead_code -A unused_imports -A unused_variables -A unreachable_code -A unreachable_pub
done
