'use strict';
// The native half: beside this file in a checkout, else in the package of this platform, which npm installs along with this one
// (`optionalDependencies`, set when the packages are made: scripts/packages.sh).

// As the packages are named: linux-x64-gnu, linux-arm64-musl, darwin-arm64, win32-x64-msvc.
function platform() {
  const { platform, arch, report } = process;
  if (platform === 'win32') return `win32-${arch}-msvc`;
  if (platform !== 'linux') return `${platform}-${arch}`;
  report.excludeNetwork = true;
  return `linux-${arch}-${report.getReport().header.glibcVersionRuntime ? 'gnu' : 'musl'}`;
}

function load() {
  try {
    // In so many words, so that bundlers take it along.
    return require('./cache-node.node');
  } catch (error) {
    if (!isMissing(error, 'cache-node.node')) throw error;
  }
  const name = `cache-guardian-${platform()}`;
  try {
    return require(name);
  } catch (cause) {
    const missing = 'it is not installed: install without --omit=optional, on a platform that is supported';
    const why = isMissing(cause, name) ? missing : cause.message;
    throw new Error(`the package ${name} cannot be loaded; ${why}`, { cause });
  }
}

const isMissing = (error, name) => error.code === 'MODULE_NOT_FOUND' && error.message.includes(name);

module.exports = load();
