// The two actions, bundled, as a runner runs them.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { byKey, ci, hostile, imageOf, project, promoted, report, run, scanned } from './helper.mjs';
import { act, commands, github, readOutputs, review } from './runner.mjs';

const begin = (digest) => digest.slice('sha256:'.length, 'sha256:'.length + 8);

async function planned(name = 'promote-signed', changes = {}) {
  const folder = project(name, changes);
  const result = await act('plan', folder, { image: 'v1' });
  const execute = (more, options) =>
    act(
      'execute',
      folder,
      { plan: 'cache-out/plan.json', 'plan-digest': result.outputs['plan-digest'], ...more },
      options,
    );
  return { folder, ...result, digest: result.outputs['plan-digest'], execute };
}

test('a plan that a reviewer named is executed, and changes nothing a second time', async (t) => {
  const { folder, status, log, outputs, summary, digest, execute } = await planned();
  assert.equal(status, 0, log);
  assert.match(digest, /^sha256:[0-9a-f]{64}$/);
  assert.deepEqual([outputs.verdict, outputs.plan, outputs.sarif], ['ready', 'cache-out/plan.json', '']);
  assert.match(summary, new RegExp(`\`${begin(digest)}\``));
  assert.match(summary, /signed by key release/);
  assert.deepEqual([commands(log), promoted(folder)], [[], []]);

  const { url, asked } = await github(t, [review('alice', `I read it: ${begin(digest)}`)]);
  const done = await execute({ environment: 'prod', out: 'done' }, { api: url });
  assert.equal(done.status, 0, done.log);
  assert.deepEqual(asked, [['GET', '/repos/team/app/actions/runs/4711/approvals', 'Bearer secret-token']]);
  assert.deepEqual([done.outputs['image-digest'], promoted(folder)], [imageOf(folder), ['v1']]);
  assert.match(done.summary, /complete[^]*alice \(callback\)/);
  const receipt = JSON.parse(readFileSync(path.join(folder, done.outputs.receipt)));
  const [approval] = JSON.parse(readFileSync(path.join(folder, 'done', 'approvals.json')));
  assert.deepEqual([receipt.plan, receipt.approvals], [digest, [approval.digest]]);
  assert.deepEqual([approval.approver, approval.kind], ['alice', 'callback']);
  assert.equal(approval.comment, `I read it: ${begin(digest)}`);
  assert.equal(approval.reference, 'environment prod of https://github.example/team/app/actions/runs/4711');
  assert.match(readFileSync(path.join(folder, done.outputs.story), 'utf8'), /alice, by callback/);

  const index = () => readFileSync(path.join(folder, 'target', 'index.json'), 'utf8');
  const before = index();
  // The review was used, and a later attempt of the run tells of the same one.
  const again = await execute({ environment: 'prod' }, { api: url });
  assert.deepEqual([again.status, index()], [3, before]);
  assert.match(again.commands[0][1], /used once/);
  // Where nobody remembers it, nothing is changed a second time.
  rmSync(path.join(folder, 'ledger'), { recursive: true });
  const forgotten = await execute({ environment: 'prod' }, { api: url });
  assert.deepEqual([forgotten.status, index()], [0, before]);
  assert.equal(
    forgotten.log.match(/: already so$/gm).length,
    JSON.parse(readFileSync(path.join(folder, 'cache-out/plan.json'))).changes.length,
  );
  const nothing = await act('plan', folder, { image: 'v1' });
  assert.deepEqual([nothing.status, nothing.outputs.verdict, nothing.outputs['plan-digest']], [0, 'nothing', '']);
});

test('the private key of the signer is in the job that executes, and in no other', async (t) => {
  const signer = { name: 'release', path: 'env://RELEASE_KEY', publicKey: 'keys/release.pub' };
  const { folder, status, log, digest, execute } = await planned('promote-signed', { signer });
  assert.equal(status, 0, log);
  const { url } = await github(t, [review('alice', begin(digest))]);
  const without = await execute({ environment: 'prod' }, { api: url });
  assert.deepEqual([without.status, promoted(folder)], [1, []]);
  assert.match(without.commands[0][1], /RELEASE_KEY/);
  const RELEASE_KEY = readFileSync(path.join(folder, 'keys/release.key'), 'utf8');
  const done = await execute({ environment: 'prod' }, { api: url, env: { RELEASE_KEY } });
  assert.deepEqual([done.status, promoted(folder)], [0, ['v1']], done.log);
});

test('another digest is refused', async (t) => {
  const { folder, digest, execute } = await planned();
  const { url } = await github(t, [review('alice', begin(digest))]);
  for (const other of [`sha256:${'0'.repeat(64)}`, digest.slice(0, -1), 'v1']) {
    const refused = await execute({ 'plan-digest': other, environment: 'prod' }, { api: url });
    assert.equal(refused.status, 3, refused.log);
    assert.match(refused.commands[0][1], /was to be executed/);
  }
  const file = path.join(folder, 'cache-out', 'plan.json');
  writeFileSync(file, readFileSync(file, 'utf8').replace('"staging"', '"elsewhere"'));
  assert.notEqual((await execute({ environment: 'prod' }, { api: url })).status, 0);
  assert.deepEqual(promoted(folder), []);
});

test('a tag that moved since the plan is a conflict, and nothing is written', async (t) => {
  const { folder, digest, execute } = await planned('world-moved');
  const { url } = await github(t, [review('alice', begin(digest))]);
  rmSync(path.join(folder, 'source'), { recursive: true });
  renameSync(path.join(folder, 'moved'), path.join(folder, 'source'));
  const refused = await execute({ environment: 'prod' }, { api: url });
  assert.equal(refused.status, 1, refused.log);
  assert.deepEqual(promoted(folder), []);
});

test('what is no approval of this plan by another person is none', async (t) => {
  const approval = { approvers: [{ name: 'alice' }, { name: 'bob' }] };
  const { folder, digest, execute } = await planned('promote-signed', { approval });
  const words = begin(digest);
  const cases = {
    'nobody reviewed': [[], /nobody approved/],
    'another environment': [[review('alice', words, { environment: 'staging' })], /nobody approved/],
    'a rejection': [[review('alice', words, { state: 'rejected' })], /nobody approved/],
    'a comment': [[review('alice', words, { state: 'pending' })], /nobody approved/],
    'no words': [[review('alice', '')], /alice said yes without naming the plan/],
    'another plan': [[review('alice', 'LGTM 00000000')], /without naming the plan/],
    'too short': [[review('alice', words.slice(0, 7))], /without naming the plan/],
    'the requester': [[review('bob', words)], /bob/],
    'a stranger': [[review('carol', words)], /carol/],
  };
  for (const [name, [reviews, why]] of Object.entries(cases)) {
    const { url } = await github(t, reviews);
    const refused = await execute({ environment: 'prod' }, { api: url });
    assert.equal(refused.status, 3, `${name}: ${refused.log}`);
    assert.match(refused.commands[0][1], why, name);
  }
  assert.equal((await execute({})).status, 3, 'neither an environment nor an approval');
  assert.deepEqual(promoted(folder), []);
  const { url } = await github(t, [review('carol', ''), review('alice', `sha256:${words.toUpperCase()}`)]);
  assert.equal((await execute({ environment: 'prod' }, { api: url })).status, 0);
});

test('GitHub that does not answer is no approval, and the token is shown to nobody', async (t) => {
  const { execute } = await planned();
  const { url } = await github(t, [], 403);
  const [denied, silent] = [
    await execute({ environment: 'prod' }, { api: url }),
    await execute({ environment: 'prod' }),
  ];
  assert.deepEqual([denied.status, silent.status], [1, 1]);
  assert.match(denied.commands[0][1], /403.*actions: read/);
  assert.match(silent.commands[0][1], /cannot be asked/);
  assert.doesNotMatch(denied.log + silent.log, /secret-token/);
});

test('where signatures are demanded, only they count', async (t) => {
  const { folder, digest, execute } = await planned('promote-signed', { approval: byKey() });
  const { url } = await github(t, [review('alice', begin(digest))]);
  const asserted = await execute({ environment: 'prod' }, { api: url });
  assert.equal(asserted.status, 3, asserted.log);

  const options = [
    '--plan',
    'cache-out/plan.json',
    '--approver',
    'alice',
    '--key',
    'keys/alice.key',
    '--out',
    'alice.json',
  ];
  const sign = (...more) =>
    run(process.execPath, [path.join(ci, 'cache-ci.mjs'), 'sign', ...options, ...more], { cwd: folder });
  const shown = await sign();
  assert.deepEqual([shown.status, existsSync(path.join(folder, 'alice.json'))], [3, false]);
  assert.match(shown.log, new RegExp(`Plan ${digest}[^]*--words ${begin(digest)}`));
  const signed = await sign('--words', begin(digest), '--comment', 'CHG-12', '--until', '2099-01-01T00:00:00Z');
  assert.equal(signed.status, 0, signed.log);
  const done = await execute({ approvals: 'alice.json\n' });
  assert.equal(done.status, 0, done.log);
  assert.deepEqual([done.summary.includes('alice (key)'), promoted(folder)], [true, ['v1']]);
  const [{ comment, expires }] = JSON.parse(readFileSync(path.join(folder, path.dirname(done.outputs.receipt), 'approvals.json')));
  assert.deepEqual([comment, expires], ['CHG-12', '2099-01-01T00:00:00Z']);
  const again = await execute({ approvals: 'alice.json' });
  assert.equal(again.status, 3);
  assert.match(again.commands[0][1], /used once/);
});

test('an image that a gate refuses has no plan', async () => {
  const {
    folder,
    status,
    outputs,
    summary,
    commands: [[command, why]],
    execute,
  } = await planned('promote-unsigned-blocked');
  assert.deepEqual([status, outputs.verdict, outputs['plan-digest'], outputs.plan], [2, 'blocked', '', '']);
  assert.match(summary, /staging: refused[^]*\| signature \| fail \|/);
  assert.deepEqual([command, /a gate refuses/.test(why)], ['error', true]);
  assert.equal((await execute({ 'plan-digest': 'sha256:0', environment: 'prod' })).status, 1, 'no plan to execute');
  assert.deepEqual(promoted(folder), []);
});

test('what outsiders wrote is no command, no output and no Markdown', async () => {
  const folder = project('promote-signed', { policy: scanned });
  writeFileSync(path.join(folder, 'report.json'), JSON.stringify(report(imageOf(folder), hostile)));
  const result = await act('plan', folder, { image: 'v1', reports: 'report.json\n', reason: hostile.join(' ') });
  assert.equal(result.status, 0, result.log);
  assert.deepEqual(result.commands, []);
  assert.deepEqual(result.outputs.verdict, 'ready');
  assert.match(result.log, /set-output name=verdict/, 'it is shown all the same');
  assert.doesNotMatch(result.log, /\u001b|\u202e/);
  const outside = result.summary.replace(/^(`{3,}).*\n[^]*?\n\1$/gm, '');
  assert.doesNotMatch(outside, /<img|[^\\]\]\(https:\/\/evil|@everyone|\u202e|\u001b|[^\\]\*\*bold|<touch/);
  const sarif = JSON.parse(readFileSync(path.join(folder, result.outputs.sarif)));
  assert.equal(sarif.runs[0].results.length, hostile.length);
  for (const tag of hostile.slice(0, 5)) {
    const { status, commands: obeyed, outputs } = await act('plan', folder, { image: tag, config: `${tag}.json` });
    assert.deepEqual([status, obeyed.length, obeyed[0][0], outputs], [1, 1, 'error', {}], tag);
  }
  assert.ok(!existsSync(path.join(folder, 'owned')));
});

test('without the variables of a runner it says so', async () => {
  const { status, log } = await act(
    'plan',
    project('promote-signed'),
    { image: 'v1' },
    { env: { GITHUB_TRIGGERING_ACTOR: '' } },
  );
  assert.equal(status, 1);
  assert.match(log, /GITHUB_TRIGGERING_ACTOR is not set/);
  assert.equal((await act('plan', project('promote-signed'), { image: '' })).status, 1);
});

test('the runner of these tests sees what a runner sees', () => {
  assert.deepEqual(commands('::add-mask::x\na ##[set-output name=a]b\n'), [
    ['add-mask', 'x'],
    ['set-output', 'b'],
  ]);
  assert.deepEqual(commands('::stop-commands::w\n::add-mask::x\nz ##[error]y\n::w::\n::error::z\n'), [['error', 'z']]);
  assert.deepEqual(readOutputs('a=1\nb<<E\n2\n3\nE\n'), { a: '1', b: '2\n3' });
});
