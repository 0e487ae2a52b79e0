// Signing and approving without a key of one's own, against Sigstore's services of the conformance suite.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import {
  Approval,
  Denied,
  Invalid,
  NotFound,
  Plan,
  Promoter,
  Unapproved,
  Unexpected,
  Untrusted,
  generateKey,
  refreshTrustedRoot,
  verify,
} from '../index.mjs';
import { example, prepare } from './helper.mjs';

const ci = 'https://ci.example.com/app/build.yml@refs/heads/main';
const alice = 'https://people.example.com/alice';
const image = 'oci:source:v1';
const script = example('sign.mjs');
let running, sigstore, services;

before(async () => {
  running = spawn(process.env.CACHE_SIGSTORE, { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = await once(createInterface(running.stdout), 'line');
  sigstore = JSON.parse(line);
  services = { signingConfig: sigstore.signingConfig, trustedRoot: sigstore.trustedRoot };
});
after(() => running.stdin.end());

// An identity token; the authority of the tests does not look at its signature.
function token(sub, claims) {
  const exp = Math.floor(Date.now() / 1000) + 300;
  const said = { iss: sigstore.issuer, sub, aud: 'sigstore', exp, ...claims };
  const part = (text) => Buffer.from(text).toString('base64url');
  return [part('{"alg":"none"}'), part(JSON.stringify(said)), part('unsigned')].join('.');
}

const config = (more) => ({
  source: 'oci:source',
  target: 'oci:source',
  environment: 'staging',
  ledger: 'ledger',
  ...more,
});

// Prepares an unsigned image and signs it.
async function sign(signer, ask, more) {
  prepare('promote-unsigned-blocked');
  const session = new Promoter(config({ signer, ...more }), [], ask);
  const { plan } = await session.planAttaching({ image, requester: 'ci', attach: [{ kind: 'signature' }] });
  const approval = await plan.approveByCallback(() => ({ decision: 'approve', approver: 'alice' }));
  const receipt = await session.execute(plan, [approval]);
  assert.ok(receipt.complete, receipt.render());
}

function verified(more) {
  const identity = { subject: ci, issuer: sigstore.issuer, ...more };
  const trustedSigners = [{ name: 'ci', identities: [identity], demands: { logs: 2, timestamps: 1 } }];
  return verify({ image, trustedSigners, trustedRoot: sigstore.trustedRoot });
}

test('an image is signed keyless and verifies for this identity alone', async () => {
  const said = { repository: 'https://git.example.com/team/app', ref: 'refs/heads/main' };
  await sign({ keyless: { token: token(ci, said) }, services });
  const claims = { sourceRepositoryURI: said.repository, sourceRepositoryRef: said.ref };
  const { signatures } = await verified({ claims });
  assert.deepEqual(signatures[0].by, { kind: 'certificate', subject: ci, issuer: sigstore.issuer, claims });
  const pattern = { subject: undefined, subjectRegexp: String.raw`https://ci\.example\.com/app/.*` };
  assert.equal((await verified(pattern)).signatures.length, 1);
  for (const wrong of [
    { subject: alice },
    { issuer: 'https://id.other.example.com' },
    { subject: undefined, subjectRegexp: String.raw`example\.com/app` },
    { claims: { sourceRepositoryRef: 'refs/heads/dev' } },
  ]) {
    await assert.rejects(verified(wrong), Untrusted);
  }
  await assert.rejects(verified({ claims: { ref: 'refs/heads/main' } }), Invalid);
});

test('the services may be addresses', async () => {
  const { caUrls, rekorTlogUrls, tsaUrls } = JSON.parse(sigstore.signingConfig);
  const rekor = rekorTlogUrls.map(({ url, majorApiVersion }) => ({ url, version: majorApiVersion }));
  const signer = { keyless: { token: token(ci) }, services: { fulcio: caUrls[0].url, rekor, tsa: [tsaUrls[0].url] } };
  await sign(signer, undefined, { trustedRoot: sigstore.trustedRoot });
  assert.equal((await verified()).signatures.length, 1);
  await assert.rejects(sign(signer), Invalid);
});

test('the application gives tokens', async () => {
  for (const later of [false, true]) {
    const asked = [];
    const now = (audience) => {
      asked.push(audience);
      return token(ci);
    };
    await sign({ keyless: 'callback', services }, later ? async (audience) => now(audience) : now);
    // Once for the name in the plan, and once for the signature.
    assert.deepEqual(asked, ['sigstore', 'sigstore']);
    assert.equal((await verified()).signatures.length, 1);
  }
  const broken = () => {
    throw new Error('no browser');
  };
  await assert.rejects(sign({ keyless: 'callback', services }, broken), (error) => {
    return error instanceof Unexpected && /no browser/.test(error.message);
  });
  for (const [given, words] of [
    [() => {}, /the function that gives tokens returned undefined, and has to return a text/],
    [async () => ({ token: 's3cret' }), /the function that gives tokens returned an object, and has to return a text/],
    [() => { throw { token: 's3cret' }; }, /the function that gives tokens threw: an object with token/],
  ]) {
    await assert.rejects(sign({ keyless: 'callback', services }, given), (error) => {
      return error instanceof Unexpected && words.test(error.message) && !error.message.includes('s3cret');
    });
  }
  await assert.rejects(sign({ keyless: 'callback', services }), Invalid);
  await assert.rejects(sign({ keyless: 'gitlab', services }, broken), Invalid);
});

test('a job of GitLab or of GitHub Actions is who it is', async () => {
  const names = ['SIGSTORE_ID_TOKEN', 'ACTIONS_ID_TOKEN_REQUEST_URL', 'ACTIONS_ID_TOKEN_REQUEST_TOKEN'];
  for (const name of names) delete process.env[name];
  await assert.rejects(sign({ keyless: 'ambient', services }), NotFound);
  process.env.SIGSTORE_ID_TOKEN = token(ci);
  for (const keyless of ['gitlab', 'ambient', { env: 'SIGSTORE_ID_TOKEN' }]) {
    await sign({ keyless, services, subject: ci, issuer: sigstore.issuer });
    assert.equal((await verified()).signatures.length, 1);
  }
  delete process.env.SIGSTORE_ID_TOKEN;
  const provider = createServer((request, response) => {
    const good = request.headers.authorization === 'Bearer request-token' && request.url === '/t?v=1&audience=sigstore';
    response.writeHead(good ? 200 : 403).end(JSON.stringify(good ? { value: token(ci) } : {}));
  });
  await once(provider.listen(0, '127.0.0.1'), 'listening');
  process.env.ACTIONS_ID_TOKEN_REQUEST_URL = `http://127.0.0.1:${provider.address().port}/t?v=1`;
  process.env.ACTIONS_ID_TOKEN_REQUEST_TOKEN = 'request-token';
  await sign({ keyless: 'github-actions', services });
  assert.equal((await verified()).signatures.length, 1);
  for (const name of names) delete process.env[name];
  provider.close();
});

test('a key with services is in the logs', async () => {
  const made = await generateKey('ed25519');
  await sign({ name: 'own', pem: made.private, prehashed: true, services });
  const demanding = (logs) => [{ name: 'own', pem: made.public, demands: { logs, timestamps: 1 } }];
  const { trustedRoot } = sigstore;
  assert.equal((await verify({ image, trustedKeys: demanding(2), trustedRoot })).signatures.length, 1);
  await assert.rejects(verify({ image, trustedKeys: demanding(3), trustedRoot }), Untrusted);
});

test('a token is in no message', async () => {
  const secret = token(ci, { aud: 'somebody else' });
  const silent = (kind) => (error) => {
    const shown = `${error.stack} ${JSON.stringify(error)} ${error.cause?.message}`;
    assert.ok(!shown.includes(secret) && !shown.includes(secret.split('.')[1]), shown);
    return error instanceof kind;
  };
  await assert.rejects(sign({ keyless: { token: secret }, services }), silent(Denied));
  for (const keyless of [secret, [secret], { file: secret, env: secret }, { tokn: secret }]) {
    await assert.rejects(sign({ keyless, services }), silent(Invalid));
  }
});

test('a plan is approved keyless on another machine', async () => {
  prepare('promote-unsigned-blocked');
  const signer = { name: 'k', pem: (await generateKey()).private };
  const approvers = [{ name: 'alice', identities: [{ subject: alice, issuer: sigstore.issuer }] }];
  const stated = config({ signer, approval: { accept: ['keyless'], approvers } });
  assert.throws(() => new Promoter(stated), Invalid);
  const session = new Promoter({ ...stated, trustedRoot: sigstore.trustedRoot });
  const { plan } = await session.planAttaching({ image, requester: 'ci', attach: [{ kind: 'signature' }] });
  const approve = async (subject, approver = 'alice') => {
    const elsewhere = Plan.fromJson(plan.json);
    const answer = { decision: 'approve', approver };
    const made = await elsewhere.approveBySignature(answer, { keyless: 'callback', services }, undefined, () => token(subject));
    return Approval.fromJson(made.toJson());
  };
  const good = await approve(alice);
  assert.deepEqual([good.kind, good.approver], ['keyless', 'alice']);
  for (const wrong of [await approve('https://people.example.com/mallory'), await approve(alice, 'bob')]) {
    await assert.rejects(session.execute(plan, [wrong]), Unapproved);
  }
  const bundle = JSON.parse(good.toJson());
  bundle.verificationMaterial.tlogEntries = [];
  const bare = Approval.fromJson(Buffer.from(JSON.stringify(bundle)));
  await assert.rejects(session.execute(plan, [bare]), Unapproved);
  assert.ok((await session.execute(plan, [good])).complete);
  await assert.rejects(session.execute(plan, [good]), Unapproved);
});

test('the trusted root comes by TUF', async () => {
  prepare('promote-unsigned-blocked');
  const wanted = { ...sigstore.tuf, folder: 'tuf' };
  assert.equal(await refreshTrustedRoot(wanted), sigstore.trustedRoot);
  assert.equal(readFileSync('tuf/trusted_root.json', 'utf8'), sigstore.trustedRoot);
  writeFileSync('tuf/versions.json', '{"timestamp":99,"snapshot":7,"targets":7}');
  await assert.rejects(refreshTrustedRoot(wanted), Untrusted);
  await assert.rejects(refreshTrustedRoot({ ...sigstore.tuf, clock: '2090-01-01T00:00:00Z' }), Untrusted);
  await assert.rejects(refreshTrustedRoot({ ...sigstore.tuf, root: '{}' }), Invalid);
});

test('the example signs and verifies keyless', () => {
  prepare('promote-unsigned-blocked');
  for (const name of ['signingConfig', 'trustedRoot']) writeFileSync(`${name}.json`, sigstore[name]);
  writeFileSync('token', token(ci));
  const run = (...words) => {
    const env = { ...process.env, XDG_STATE_HOME: 'state' };
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...words], { env, encoding: 'utf8' });
    return [status, stdout + stderr];
  };
  const signer = ['--keyless', 'token', '--services', 'signingConfig.json', '--root', 'trustedRoot.json'];
  const [code, shown] = run('image', image, ...signer);
  assert.ok(code === 3 && shown.includes(ci), shown);
  const [done, told] = run('image', image, ...signer, '--approve', shown.split('--approve ').at(-1).trim());
  assert.ok(done === 0 && told.includes('complete'), told);
  const whom = ['--issuer', sigstore.issuer, '--root', 'trustedRoot.json'];
  const [verifies, said] = run('verify', image, '--subject', ci, ...whom);
  assert.ok(verifies === 0 && said.includes(`signed by ${ci}`), said);
  assert.equal(run('verify', image, '--subject', alice, ...whom)[0], 1);
});
