#!/usr/bin/env bash
# `make audit`: what is known to be wrong with the versions that are locked, by the advisories of RustSec, PyPI and npm. All three are
# asked over the network. Where one cannot be asked, as in a place that serves packages only, that is a line of output.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
log=$root/target/audit
mkdir -p "$log"
export PIP_DISABLE_PIP_VERSION_CHECK=1 npm_config_cache=$root/target/npm-cache npm_config_update_notifier=false
failed=0

# audited NAME UNREACHABLE COMMAND...: the words in which the command says that it could not ask.
audited() {
  local name=$1 unreachable=$2 out
  out=$log/${name//[^a-z]/-}.log
  shift 2
  if "$@" >"$out" 2>&1; then
    echo "audited: $name"
  elif grep -qE "$unreachable" "$out"; then
    absent "advisories about $name" "$(grep -E "$unreachable" "$out" | head -n 1 | cut -c 1-120)"
  else
    cat "$out"
    failed=1
  fi
}

"$root/scripts/tools.sh"
for manifest in Cargo.toml cache-core/fuzz/Cargo.toml benches/peers/Cargo.toml; do
  audited "the crates of $manifest" 'failed to (fetch|update|resolve|acquire)|unable to (fetch|clone)|error sending request' \
    "$root/target/tools/bin/cargo-deny" --manifest-path "$root/$manifest" --log-level error check advisories
done
venv=$root/target/audit-venv
[ -x "$venv/bin/pip-audit" ] || { "${PYTHON:-python3}" -m venv "$venv" && "$venv/bin/pip" install --quiet pip-audit==2.10.1; }
# Without --strict, what could not be asked about counts as sound.
audited 'the Python packages' 'could not be audited|ConnectionError|Max retries' \
  "$venv/bin/pip-audit" --strict --disable-pip --no-deps --requirement "$root/cache-py/requirements-dev.txt"
for folder in cache-node examples/ci; do
  audited "the npm packages of $folder" 'audit endpoint returned an error|ENOTFOUND|ECONNREFUSED' npm --prefix "$root/$folder" audit --package-lock-only
done
finish
exit "$failed"
