// The program of docs/quickstart.md, and that of the README, do what they say, at a terminal.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Registries } from '../index.mjs';
import { place, prepare } from './helper.mjs';

const own = fileURLToPath(new URL('..', import.meta.url));
const scripts = path.join(own, '..', 'scripts');
const python = process.env.PYTHON ?? 'python3';

function promotes(folder, file) {
  mkdirSync(path.join(folder, 'node_modules'));
  symlinkSync(own, path.join(folder, 'node_modules', 'cache-guardian'), 'junction');
  const env = { ...process.env, XDG_STATE_HOME: path.join(folder, 'state') };
  const command = [path.join(scripts, 'at-terminal.py'), process.execPath, file];
  const { status, stdout, stderr } = spawnSync(python, command, { cwd: folder, env, encoding: 'utf8', timeout: 60_000 });
  assert.equal(status, 0, stdout + stderr);
}

test('the quick start promotes an image with its signature and its SBOM', async () => {
  const folder = place();
  assert.equal(spawnSync(python, [path.join(scripts, 'quickstart.py'), folder]).status, 0);
  promotes(folder, 'first.mjs');
  const registries = new Registries();
  const [dev, staging] = ['dev', 'staging'].map((name) => `oci:${path.join(folder, name)}:v1`);
  assert.equal(await registries.digest(staging), await registries.digest(dev));
  assert.ok((await registries.referrers(staging)).length >= 3);
});

test('the first promotion of the README is approved at a terminal', async () => {
  const { promoter } = prepare('promote-signed');
  writeFileSync('policy.yaml', promoter.policy);
  symlinkSync('source', 'dev');
  symlinkSync('keys/release.pub', 'release.pub');
  const [, program] = /^```js\n(.*?)^```/ms.exec(readFileSync(path.join(own, 'README.md'), 'utf8'));
  // The image of the scenario has no SBOM and no report, which the strict default would demand.
  writeFileSync('first.mjs', program.replace('trustedKeys', "policy: 'policy.yaml', trustedKeys"));
  promotes(process.cwd(), 'first.mjs');
  const registries = new Registries();
  assert.equal(await registries.digest('oci:staging:v1'), await registries.digest('oci:dev:v1'));
});
