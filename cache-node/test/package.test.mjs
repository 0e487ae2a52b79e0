// What is published is installed and works: the package, and that of this platform beside it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, linkSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { place } from './helper.mjs';

const own = fileURLToPath(new URL('..', import.meta.url));
const { files, version } = createRequire(import.meta.url)('../package.json');

// The package as npm would unpack it: what `files` names, and what is always in it.
function unpacked(project) {
  const folder = path.join(project, 'node_modules', 'cache-guardian');
  const matches = (name) => files.some((file) => new RegExp(`^${file.replaceAll('.', '\\.').replaceAll('*', '.*')}$`).test(name));
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(own)) {
    if (matches(name) || ['package.json', 'README.md'].includes(name)) cpSync(path.join(own, name), path.join(folder, name), { recursive: true });
  }
  return folder;
}

function run(project, file, text) {
  writeFileSync(path.join(project, file), text);
  return spawnSync(process.execPath, [file], { cwd: project, encoding: 'utf8' });
}

test('the package finds the addon of its platform', () => {
  const project = place();
  assert.ok(!readdirSync(unpacked(project)).some((name) => name.endsWith('.node')));
  const missing = run(project, 'missing.cjs', "require('cache-guardian')");
  const name = /the package (cache-guardian-[a-z0-9-]+) cannot be loaded; it is not installed/.exec(missing.stderr)?.[1];
  assert.ok(name, missing.stderr);

  const addon = path.join(project, 'node_modules', name);
  mkdirSync(addon);
  linkSync(path.join(own, 'cache-node.node'), path.join(addon, 'cache-node.node'));
  writeFileSync(path.join(addon, 'package.json'), JSON.stringify({ name, version, main: 'cache-node.node' }));
  for (const [file, text] of [
    ['a.cjs', "console.log(require('cache-guardian').errorKinds().length)"],
    ['a.mjs', "import { errorKinds } from 'cache-guardian'; console.log(errorKinds().length)"],
  ]) {
    const { status, stdout, stderr } = run(project, file, text);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^\d+\n$/);
  }
});
