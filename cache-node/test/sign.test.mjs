// Keys; signing and attesting an image where it is; verifying what is attached to it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash, sign } from 'node:crypto';
import { chmodSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { Denied, Invalid, NotFound, Promoter, Unapproved, Unsupported, Untrusted, generateKey, verify, verifyFile } from '../index.mjs';
import { example, prepare } from './helper.mjs';

const password = 'correct horse';
const at = '2026-01-31T11:59:00Z';
const image = 'oci:source:v1';
const spdx = {
  spdxVersion: 'SPDX-2.3',
  dataLicense: 'CC0-1.0',
  SPDXID: 'SPDXRef-DOCUMENT',
  name: 'app',
  documentNamespace: 'https://example.com/app',
  creationInfo: { created: at, creators: ['Tool: test'] },
  packages: [],
};
const signature = { kind: 'signature', annotations: { env: 'prod' } };
const script = example('sign.mjs');

// A folder with the unsigned image, and a new key that is in `own.key`, encrypted.
async function keys() {
  prepare('promote-unsigned-blocked');
  const made = await generateKey('p256', password);
  writeFileSync('own.key', made.private);
  writeFileSync('own.pub', made.public);
  return made;
}

function promoter(signer = { password }) {
  const config = { source: 'oci:source', target: 'oci:source', environment: 'staging', ledger: 'ledger' };
  const whole = signer?.program ? signer : { name: 'own', path: 'own.key', ...signer };
  return new Promoter({ ...config, clock: '2026-01-31T12:00:00Z', ...(signer && { signer: whole }) });
}

async function attach(session, ...attachments) {
  const { plan, state } = await session.planAttaching({ image, requester: 'pipeline', attach: attachments });
  if (plan === null) return state;
  const approval = await plan.approveByCallback(() => ({ decision: 'approve', approver: 'alice' }), at);
  const receipt = await session.execute(plan, [approval]);
  assert.ok(receipt.complete, receipt.render());
  return state;
}

const verified = (more) => verify({ image, trustedKeys: [{ name: 'own', path: 'own.pub' }], ...more });

test('a key of each kind is made', async () => {
  for (const kind of ['p256', 'p384', 'p521', 'rsa2048', 'ed25519']) {
    const [plain, locked] = [await generateKey(kind), await generateKey(kind, password)];
    assert.match(plain.private, /^-----BEGIN PRIVATE KEY-----/);
    assert.match(locked.private, /^-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----/);
    assert.match(plain.public, /^-----BEGIN PUBLIC KEY-----/);
    assert.notEqual(plain.public, locked.public);
  }
  await assert.rejects(generateKey('dsa'), Invalid);
});

test('an image is signed where it is, in both forms, and verifies', async () => {
  for (const [form, found] of [
    ['bundle', 'referrer'],
    ['cosign-tag', 'cosign tag'],
  ]) {
    await keys();
    await assert.rejects(verified(), Untrusted);
    assert.equal(await attach(promoter(), { ...signature, form }), 'ready');
    const seen = await verified();
    assert.equal(seen.signatures.length, 1);
    const [signed] = seen.signatures;
    assert.deepEqual(signed.value, { annotations: { env: 'prod' } });
    assert.deepEqual([signed.found, signed.about, signed.by.name], [found, seen.image.digest, 'own']);
    assert.equal(await attach(promoter(), { ...signature, form }), 'nothing');
  }
});

test('the key and its password may be in the environment', async () => {
  const made = await keys();
  Object.assign(process.env, { OWN_KEY: made.private, OWN_PASSWORD: password });
  assert.equal(await attach(promoter({ path: 'env://OWN_KEY', passwordEnv: 'OWN_PASSWORD' }), signature), 'ready');
  assert.equal((await verified()).signatures.length, 1);
});

test('a wrong password is an error that does not show it', async () => {
  const made = await keys();
  for (const wrong of ['battery staple', '']) {
    assert.throws(
      () => promoter({ password: wrong }),
      (error) => {
        const shown = `${error.stack} ${JSON.stringify(error)} ${error.cause?.message}`;
        assert.ok(!shown.includes('battery') && !shown.includes(made.private.split('\n')[1]), shown);
        return error instanceof Denied && /password/.test(error.message);
      },
    );
  }
  assert.throws(() => promoter({}), Unsupported);
  assert.throws(
    () => promoter({ password: 53637 }),
    (error) => error instanceof Invalid && !`${error.stack} ${error.cause?.message}`.includes('53637'),
  );
  assert.throws(() => promoter({ passwordEnv: 'CACHE_NO_SUCH_VARIABLE' }), NotFound);
});

test('attestations are found by type', async () => {
  await keys();
  writeFileSync('sbom.json', JSON.stringify(spdx));
  const own = 'https://example.com/review/v1';
  const sbom = { kind: 'attestation', type: 'spdx', path: 'sbom.json' };
  const review = { kind: 'attestation', type: own, predicate: { ok: true }, form: 'cosign-tag' };
  assert.equal(await attach(promoter(), sbom, review), 'ready');
  const found = (await verified({ attestation: 'spdx' })).statements;
  assert.deepEqual(found.map(({ value }) => value), [{ predicateType: 'https://spdx.dev/Document', predicate: spdx }]);
  const [reviewed] = (await verified({ attestation: own })).statements;
  assert.deepEqual([reviewed.value.predicate, reviewed.found], [{ ok: true }, 'cosign tag']);
  // An attestation is no signature, and one of another type is not the one that is asked for.
  await assert.rejects(verified(), Untrusted);
  await assert.rejects(verified({ attestation: 'vuln' }), Untrusted);
  for (const wrong of [{ type: 'spdx', text: '{}' }, { type: 'spdx' }, { type: 'no kind', text: '{}' }]) {
    await assert.rejects(attach(promoter(), { kind: 'attestation', ...wrong }), Invalid);
  }
});

test('what is tampered with, or signed by a stranger, does not verify', async () => {
  await keys();
  assert.equal(await attach(promoter(), { ...signature, form: 'cosign-tag' }), 'ready');
  const stranger = { name: 'stranger', pem: (await generateKey()).public };
  await assert.rejects(
    verified({ trustedKeys: [stranger] }),
    (error) => error instanceof Untrusted && /signature/.test(error.context.problem),
  );
  // The bytes of the payload, changed where they lie.
  const blobs = path.join('source', 'blobs', 'sha256');
  const isPayload = (file) => readFileSync(file, 'latin1').includes('cosign container image signature');
  const payloads = readdirSync(blobs).map((name) => path.join(blobs, name)).filter(isPayload);
  assert.equal(payloads.length, 1);
  writeFileSync(payloads[0], readFileSync(payloads[0], 'latin1').replace('prod', 'test'), 'latin1');
  await assert.rejects(verified(), Untrusted);
  await assert.rejects(verified({ trustedKeys: [] }), Invalid);
});

test('nothing is signed without a signer, an approval, or after a stop', async () => {
  await keys();
  await assert.rejects(attach(promoter(null), signature), Invalid);
  const session = promoter();
  const request = { image, requester: 'pipeline', attach: [signature] };
  const { plan } = await session.planAttaching(request);
  await assert.rejects(session.execute(plan, []), Unapproved);
  const stopped = { signal: AbortSignal.abort() };
  await assert.rejects(session.planAttaching(request, stopped), { name: 'AbortError' });
  await assert.rejects(verify({ image }, stopped), { name: 'AbortError' });
});

test('another program signs', { skip: process.platform === 'win32' }, async () => {
  await keys();
  const plain = await generateKey();
  writeFileSync('kms.key', plain.private);
  writeFileSync('kms.pub', plain.public);
  const program = path.resolve('kms');
  writeFileSync(
    program,
    `#!${process.execPath}
const { readFileSync } = require('node:fs');
const { sign } = require('node:crypto');
const name = process.argv[2];
const asked = JSON.parse(readFileSync(0, 'utf8'));
const answers = {
  'public-key': () => ({ publicKey: readFileSync(name + '.pub', 'utf8') }),
  sign: () => ({
    signature: sign('sha256', Buffer.from(asked.message, 'base64'), readFileSync(name + '.key')).toString('base64'),
  }),
};
console.log(JSON.stringify(answers[asked.operation]()));
`,
  );
  chmodSync(program, 0o755);
  assert.equal(await attach(promoter({ name: 'kms', program, arguments: ['kms'] }), signature), 'ready');
  assert.equal((await verified({ trustedKeys: [{ name: 'kms', path: 'kms.pub' }] })).signatures.length, 1);
  await assert.rejects(attach(promoter({ program: path.resolve('none') }), signature), NotFound);
});

test('the example makes a key, signs, attests and verifies', async () => {
  await keys();
  writeFileSync('sbom.json', JSON.stringify(spdx));
  const run = (words, COSIGN_PASSWORD = password) => {
    const env = { ...process.env, COSIGN_PASSWORD, XDG_STATE_HOME: path.resolve('state') };
    const done = spawnSync(process.execPath, [script, ...words], { env, encoding: 'utf8', timeout: 60_000 });
    return { status: done.status, shown: done.stdout + done.stderr };
  };
  const approved = (words) => {
    const first = run(words);
    assert.equal(first.status, 3, first.shown);
    const second = run([...words, '--approve', first.shown.split('--approve ').at(-1).trim()]);
    assert.equal(second.status, 0, second.shown);
    assert.match(second.shown, /complete/);
  };
  assert.equal(run(['key', 'ed25519', 'made'], '').status, 1);
  assert.equal(run(['key', 'ed25519', 'made']).status, 0);
  if (process.platform !== 'win32') assert.equal(statSync('made.key').mode & 0o077, 0);
  const check = ['verify', image, '--key', 'made.pub'];
  assert.equal(run(check).status, 1);
  approved(['image', image, '--key', 'made.key']);
  const attest = ['attest', image, '--key', 'made.key', '--type', 'spdx', '--predicate', 'sbom.json'];
  approved(attest);
  assert.equal(run(attest).status, 0);
  const seen = run(check);
  assert.equal(seen.status, 0, seen.shown);
  assert.match(seen.shown, /signed by key.*\n.*spdx\.dev\/Document/);
  assert.equal(run([...check, '--type', 'spdx']).status, 0);
  assert.equal(run([...check, '--type', 'vuln']).status, 1);
  const wrong = run(['image', image, '--key', 'made.key'], 'battery staple');
  assert.ok(wrong.status === 1 && !wrong.shown.includes('battery'), wrong.shown);
});

test('a file is verified by the bundle that came with it', async () => {
  prepare('promote-unsigned-blocked');
  const [own, stranger] = [await generateKey(), await generateKey()];
  const content = Buffer.from('a file\n');
  writeFileSync('file.txt', content);
  const digest = createHash('sha256').update(content);
  const bundle = {
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: { publicKey: { hint: '' } },
    messageSignature: {
      messageDigest: { algorithm: 'SHA2_256', digest: digest.copy().digest('base64') },
      signature: sign('sha256', content, own.private).toString('base64'),
    },
  };
  writeFileSync('file.sigstore.json', JSON.stringify(bundle));
  const request = { bundle: 'file.sigstore.json', trustedKeys: [{ name: 'own', pem: own.public }] };
  const sha256 = `sha256:${digest.digest('hex')}`;
  const verified = await verifyFile({ ...request, file: 'file.txt' });
  assert.deepEqual([verified.digest, verified.accepted, verified.provenAt], [sha256, ['own'], null]);
  assert.equal(verified.by.kind, 'key');
  assert.deepEqual(await verifyFile({ ...request, bundle: JSON.stringify(bundle), digest: sha256 }), verified);
  await assert.rejects(verifyFile({ ...request, file: 'file.txt', trustedKeys: [{ name: 'x', pem: stranger.public }] }), Untrusted);
  await assert.rejects(verifyFile({ ...request, file: 'file.txt', trustedKeys: [] }), /nobody is trusted/);
  await assert.rejects(verifyFile(request), Invalid);
  await assert.rejects(verifyFile({ ...request, file: 'absent' }), NotFound);
  writeFileSync('file.txt', 'another file\n');
  await assert.rejects(verifyFile({ ...request, file: 'file.txt' }), Untrusted);
});
