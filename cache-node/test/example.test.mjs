// The example that a newcomer reads does what it says.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { example, prepare } from './helper.mjs';

const script = example('promote.mjs');

function promote(...more) {
  const given = ['--from', 'oci:source', '--to', 'oci:target', '--tag', 'v1', '--key', 'keys/release.pub'];
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [script, ...given, '--environment', 'staging', ...more],
    { env: { ...process.env, XDG_STATE_HOME: path.resolve('state') }, encoding: 'utf8', timeout: 60_000 },
  );
  return { status, shown: stdout + stderr };
}

test('the example promotes on an approval and not without', () => {
  const scenario = prepare('promote-signed');
  writeFileSync('policy.yaml', scenario.promoter.policy);
  const policy = ['--policy', 'policy.yaml'];
  const first = promote(...policy);
  assert.equal(first.status, 3, first.shown);
  const digest = first.shown.split('--approve ').at(-1).trim();
  assert.equal(promote(...policy, '--approve', `sha256:${'0'.repeat(64)}`).status, 3);
  const second = promote(...policy, '--approve', digest);
  assert.equal(second.status, 0, second.shown);
  assert.match(second.shown, /complete/);
  const third = promote(...policy);
  assert.equal(third.status, 0, third.shown);
  assert.match(third.shown, /Already so/);
});

test('the example says why an image is refused', () => {
  prepare('promote-unsigned-blocked');
  const refused = promote();
  assert.equal(refused.status, 2, refused.shown);
  assert.match(refused.shown, /signature: fail/);
  assert.equal(promote('--policy', 'no-such-file.yaml').status, 1);
  assert.equal(promote('--tag', '').status, 1);
});
