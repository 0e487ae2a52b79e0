#!/usr/bin/env bash
# Brings the developer tools that `make test` needs into target/tools/bin, once per pinned version.
# Unlike a peer, a tool that cannot be had is a failure: its check would silently not run.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

tools=$root/target/tools

# cargo_tool NAME VERSION: built apart from the workspace, so that neither rebuilds the other.
cargo_tool() {
  local name=$1 version=$2
  local stamp=$tools/stamp/$name@$version
  if [ ! -e "$stamp" ] || [ ! -x "$tools/bin/$name" ]; then
    CARGO_TARGET_DIR=$tools/build cargo install --quiet --locked --root "$tools" --version "$version" "$name"
    rm -rf "$tools/build"
    mkdir -p "$tools/stamp"
    rm -f "$tools/stamp/$name@"*
    touch "$stamp"
  fi
  echo "tool: $name $version"
}

cargo_tool cargo-deny 0.20.2
