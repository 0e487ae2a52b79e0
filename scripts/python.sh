#!/usr/bin/env bash
# `make test`, the part for Python: builds the wheel, installs it below target/venv, runs its tests and checks its types.
# Needs Rust and Python 3.10 or later (PYTHON=python3.14t for one without the lock); leaves nothing outside of target/.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$root/cache-py"
target=$root/target
venv=$target/venv${PYTHON:+-${PYTHON##*/}}
export PIP_CACHE_DIR=$target/pip-cache PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONPYCACHEPREFIX=$target/pycache

if ! cmp -s requirements-dev.txt "$venv/requirements-dev.txt"; then
  "${PYTHON:-python3}" -m venv "$venv"
  "$venv/bin/pip" install --quiet --requirement requirements-dev.txt
  cp requirements-dev.txt "$venv/requirements-dev.txt"
fi

# As the tests of Rust build them, so that nothing is compiled a second time.
cargo build --quiet --workspace --all-features --examples
export CACHE_MAKE_LAYOUT=$target/debug/examples/make-layout CACHE_SIGSTORE=$target/debug/examples/sigstore

rm -rf "$target/wheels"
CARGO=$root/scripts/cargo-here.sh "$venv/bin/maturin" build --quiet --profile dev --interpreter "$venv/bin/python" \
  --target-dir "$target" --out "$target/wheels"
"$venv/bin/pip" install --quiet --no-deps --force-reinstall "$target"/wheels/*.whl

"$venv/bin/python" -m pytest --quiet "$@"
"$venv/bin/python" -m mypy --cache-dir "$target/mypy"
"$venv/bin/python" -m mypy.stubtest cache_guardian --allowlist stubtest-allowlist.txt
