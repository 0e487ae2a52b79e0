#!/usr/bin/env bash
# In the place of cargo for napi and maturin, so that what other commands built is used and nothing is built a second time. napi always
# names a target, and so has a folder of that target: here the target of this machine is left out. maturin builds its package alone,
# which gives the others other features, and tells pyo3 what pyo3 finds by itself: here everything is built as the tests build it. But for
# Python without the lock, which is another ABI.
set -euo pipefail
if [ "${1:-}" = rustc ]; then
  shift
  set -- build --workspace --all-features --examples "$@"
  lock='import sysconfig; print(sysconfig.get_config_var("Py_GIL_DISABLED"))'
  [ "$("${PYO3_PYTHON:-true}" -c "$lock")" = 1 ] || unset PYO3_BUILD_EXTENSION_MODULE PYO3_CONFIG_FILE PYO3_ENVIRONMENT_SIGNATURE PYO3_PYTHON PYTHON_SYS_EXECUTABLE
fi
host=$(rustc -vV | sed -n 's/^host: //p')
arguments=()
while [ $# -gt 0 ]; do
  if [ "$1" = --target ] && [ "${2:-}" = "$host" ]; then
    shift 2
  else
    arguments+=("$1")
    shift
  fi
done
exec cargo "${arguments[@]}"
