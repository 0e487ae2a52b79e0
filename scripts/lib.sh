# shellcheck shell=bash
# Sourced by the other scripts: where things are, and what to do about a thing that is absent.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# The folder that lies beside a clone. A git worktree lies elsewhere, so it can be named.
# shellcheck disable=SC2034  # used by the scripts that source this one
shared=${CACHE_SHARED:-$root/../shared}
absences=0

# napi_here PROFILE: lets napi, which always names a target, use what other commands built in that profile.
napi_here() {
  local host
  host=$(rustc -vV | sed -n 's/^host: //p')
  mkdir -p "$root/target/$host"
  rm -rf "${root:?}/target/$host/$1"
  ln -s "../$1" "$root/target/$host/$1"
  export CARGO=$root/scripts/cargo-here.sh
}

# absent NAME WHY: an absence is a line, not a failure, until `finish`.
absent() {
  echo "absent: $1 ($2)"
  absences=$((absences + 1))
}

# Last call of a script: with CACHE_INTEROP=required (CI) nothing may be absent.
finish() {
  [ "$absences" -eq 0 ] || [ "${CACHE_INTEROP:-}" != required ] || {
    echo "$(basename "$0"): $absences absent, and CACHE_INTEROP=required" >&2
    exit 1
  }
}
