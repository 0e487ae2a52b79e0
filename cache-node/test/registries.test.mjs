// Looking at registries.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { Invalid, NotFound, Registries, Unsupported } from '../index.mjs';
import { place, prepare } from './helper.mjs';

const sha256 = (bytes) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

test('each question is one call', async () => {
  prepare('promote-signed');
  const registries = new Registries();
  assert.ok((await registries.tags('oci:source')).includes('v1'));
  const manifest = await registries.manifest('oci:source:v1');
  const digest = await registries.digest('oci:source:v1');
  assert.equal(digest, sha256(manifest));
  const config = await registries.config(`oci:source@${digest}`);
  assert.equal(JSON.parse(manifest).config.digest, sha256(config));
  assert.deepEqual(await registries.blob('oci:source', JSON.parse(manifest).config), config);
  const seen = await registries.inspect('oci:source:v1');
  assert.equal(seen.Digest, digest);
  assert.deepEqual(seen.Layers, seen.LayersData.map((layer) => layer.Digest));
  for (const referrer of await registries.referrers('oci:source:v1')) {
    const about = JSON.parse(await registries.manifest(`oci:source@${referrer.digest}`)).subject;
    assert.equal(about.digest, digest);
  }
});

test('errors are told by kind, and a signal stops it', async () => {
  prepare('promote-signed');
  const registries = new Registries();
  await assert.rejects(registries.digest('oci:source:v9'), NotFound);
  await assert.rejects(registries.inspect('oci:source:v1', { platform: 'linux' }), Invalid);
  await assert.rejects(registries.findings('oci:source:v1'), Unsupported);
  await assert.rejects(registries.blob('oci:source', { digest: 'sha256' }), Invalid);
  assert.throws(() => new Registries({ registry: [] }), Invalid);
  assert.throws(() => new Registries({ registries: [{ host: 'r.test', patience: { attempts: -1 } }] }), Invalid);
  const reason = new Error('enough');
  await assert.rejects(registries.tags('oci:source', { signal: AbortSignal.abort(reason) }), reason);
});

test('a login is handed on', async () => {
  const login = { user: 'u', password: 'hunter2' };
  const registries = new Registries({ registries: [{ host: 'r.test', login }] });
  assert.deepEqual(await registries.login('r.test'), login);
  const file = path.join(place(), 'config.json');
  await registries.saveLogin('r.test', file);
  assert.deepEqual(Object.keys(JSON.parse(readFileSync(file)).auths), ['r.test']);
});
