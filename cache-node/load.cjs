'use strict';
// The native half: beside this file in a checkout, else in the package of this platform, which npm installs along with this one
// (`optionalDependencies`, set when the packages are made: scripts/packages.sh).
const { existsSync } = require('node:fs');
const path = require('node:path');

// As the packages are named: linux-x64-gnu, linux-arm64-musl, darwin-arm64, win32-x64-msvc.
function platform() {
  const { platform, arch, report } = process;
  if (platform === 'win32') return `win32-${arch}-msvc`;
  if (platform !== 'linux') return `${platform}-${arch}`;
  report.excludeNetwork = true;
  return `linux-${arch}-${report.getReport().header.glibcVersionRuntime ? 'gnu' : 'musl'}`;
}

function load() {
  const here = path.join(__dirname, 'cache-node.node');
  if (existsSync(here)) return require(here);
  const name = `cache-guardian-${platform()}`;
  try {
    return require(name);
  } catch (cause) {
    const missing = cause.code === 'MODULE_NOT_FOUND' && cause.message.includes(name);
    const hint = missing ? 'it is not installed: install without --omit=optional, on a platform that is supported' : cause.message;
    throw new Error(`the package ${name} cannot be loaded; ${hint}`, { cause });
  }
}

module.exports = load();
