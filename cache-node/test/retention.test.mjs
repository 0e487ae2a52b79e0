// Retention: planning, the dry run that is the default, the deletion, and the way back.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { Conflict, Invalid, Retention, Unapproved, explainPolicy, simulatePolicy, translatePolicy } from '../index.mjs';
import { example, prepare } from './helper.mjs';

const ask = { requester: 'cleaner' };
const policy = (rules) => `retention_policy:\n  dev: ${rules}\n`;
const config = (rules) => ({
  repositories: ['oci:source'],
  environment: 'dev',
  policy: policy(rules),
  ledger: 'ledger',
  restore: 'restore',
});
const approved = (plan) => plan.approveByCallback(() => ({ decision: 'approve', approver: 'alice' }));

test('a dry run is the default and deletes nothing', async () => {
  prepare('promote-signed');
  const retention = new Retention(config('{max_age_days: 0}'));
  const seen = [];
  const proposal = await retention.plan(ask, { onProgress: (news) => seen.push(news) });
  assert.equal(proposal.state, 'ready');
  assert.equal(seen.at(-1).sent, seen.length);
  const { totals, repositories } = proposal.data;
  assert.equal(totals.imagesDeleted, 1);
  const image = repositories[0].manifests.find(({ kind }) => kind === 'image');
  assert.deepEqual([image.fate, image.why[0].code], ['delete', 'old']);
  const cleaned = await retention.execute(proposal.plan, [await approved(proposal.plan)]);
  assert.ok(!cleaned.complete && !existsSync(cleaned.restore));
  assert.ok(cleaned.dryRun && cleaned.receipt.dryRun);
  assert.match(cleaned.render(), /dry run: nothing was changed$/);
  assert.equal((await retention.plan(ask)).state, 'ready');
});

test('what is deleted comes back', async () => {
  prepare('promote-signed');
  const retention = new Retention(config('{max_age_days: 0}'));
  const { plan } = await retention.plan(ask);
  const approvals = [await approved(plan)];
  const cleaned = await retention.execute(plan, approvals, { dryRun: false });
  assert.ok(cleaned.complete && !cleaned.dryRun, cleaned.render());
  assert.deepEqual(cleaned.broken, []);
  assert.equal((await retention.journal(plan.digest)).toString().split('\n').length, 3 + plan.data.changes.length);
  assert.ok(JSON.parse(cleaned.json).lookedAt === 0 && cleaned.receipt.complete);
  await assert.rejects(retention.execute(plan, approvals, { dryRun: false }), Unapproved);
  await assert.rejects(retention.execute(plan, approvals), Unapproved);
  assert.equal((await retention.plan(ask)).state, 'nothing');
  const back = await retention.planRestore({ file: cleaned.restore, requester: 'cleaner' });
  const receipt = await retention.restore(back, [await approved(back)], cleaned.restore);
  assert.ok(receipt.complete, receipt.render());
  assert.equal(await retention.planRestore({ file: cleaned.restore, requester: 'cleaner' }), null);
});

test('what is deployed must be known', async () => {
  prepare('promote-signed');
  const clock = '2026-06-30T12:00:00Z';
  const wanted = { ...config('{max_age_days: 0, keep_deployed: true}'), clock };
  await assert.rejects(new Retention(wanted).plan(ask), Invalid);
  const inventory = { version: 1, source: 'a', taken: clock, complete: true, images: [{ image: 'registry.example/x:1' }] };
  const plan = (inventory) => new Retention({ ...wanted, inventories: [{ inventory }] }).plan(ask);
  await assert.rejects(plan({ ...inventory, complete: false }), Invalid);
  const { state, data, plan: ready } = await plan(inventory);
  assert.equal(state, 'ready');
  assert.match(ready.render(), /warn: deployed by a, 0 of 1 images are of these repositories/);
  const { digest } = data.repositories[0].manifests.find(({ kind }) => kind === 'image');
  assert.equal((await plan({ ...inventory, images: [{ digest }] })).state, 'nothing');
});

test('what was deployed since the plan stays', async () => {
  prepare('promote-signed');
  const inventory = (images) => {
    const taken = `${new Date().toISOString().slice(0, 19)}Z`;
    writeFileSync('inventory.json', JSON.stringify({ version: 1, source: 'a', taken, complete: true, images }));
  };
  const elsewhere = [{ image: 'registry.example/x:1' }];
  inventory(elsewhere);
  const rules = config('{max_age_days: 0, keep_deployed: true}');
  const retention = new Retention({ ...rules, inventories: [{ file: 'inventory.json' }] });
  const { plan, data } = await retention.plan(ask);
  const { digest } = data.repositories[0].manifests.find(({ kind }) => kind === 'image');
  inventory([{ digest, usedBy: 'shop/Pod/web' }]);
  for (const dryRun of [true, false]) {
    const refused = retention.execute(plan, [await approved(plan)], { dryRun });
    await assert.rejects(refused, (error) => error instanceof Conflict && /shop\/Pod\/web/.test(error.message));
  }
  inventory(elsewhere);
  assert.ok((await retention.execute(plan, [await approved(plan)], { dryRun: false })).complete);
});

test('limits, configurations that cannot be, and signals', async () => {
  prepare('promote-signed');
  const refused = await new Retention(config('{max_age_days: 0, max_deletions: 0}')).plan(ask);
  assert.equal(refused.state, 'refused');
  assert.equal(refused.plan, null);
  assert.match(refused.refusals[0], /max_deletions/);
  assert.throws(() => new Retention({ ...config('{}'), environment: 'prod' }), Invalid);
  assert.throws(() => new Retention({ ...config('{}'), untag: 'maybe' }), Invalid);
  const reason = new Error('enough');
  const signal = AbortSignal.abort(reason);
  await assert.rejects(new Retention(config('{}')).plan(ask, { signal }), (error) => error === reason);
});

test('the policies of registries', () => {
  const text = JSON.stringify({
    rules: [
      {
        rulePriority: 1,
        selection: { tagStatus: 'untagged', countType: 'sinceImagePushed', countUnit: 'days', countNumber: 14 },
        action: { type: 'expire' },
      },
    ],
  });
  assert.deepEqual(explainPolicy('ecr', text), ['images without a tag that were pushed more than 14 days ago are expired']);
  const images = ['01', '20'].map((day) => ({ digest: `sha256:${day}${'0'.repeat(62)}`, pushed: `2026-01-${day}T00:00:00Z` }));
  const doomed = simulatePolicy({ vendor: 'ecr', policy: text, images, clock: '2026-01-21T00:00:00Z' });
  assert.deepEqual(doomed.map(({ digest }) => digest), [images[0].digest]);
  const said = translatePolicy({ vendor: 'harbor', policy: policy('{max_age_days: 9}'), environment: 'dev' });
  assert.deepEqual(said.unsaid, []);
  assert.equal(said.document.algorithm, 'or');
  assert.throws(() => explainPolicy('harbor', '{}'), Invalid);
});

test('ACR is simulated by its own listing', () => {
  const policy = JSON.stringify({ retentionPolicy: { days: 7, status: 'enabled' } });
  const digest = `sha256:${'a'.repeat(64)}`;
  const listing = [{ digest, createdTime: '2026-01-01T00:00:00Z', lastUpdateTime: '2026-01-02T00:00:00Z' }];
  const clock = '2026-01-09T00:00:00Z';
  const doomed = simulatePolicy({ vendor: 'acr', policy, listing, clock });
  assert.deepEqual(doomed.map(({ digest }) => digest), [digest]);
  const images = [{ digest, untagged: '2026-01-02T00:00:01Z' }];
  assert.deepEqual(simulatePolicy({ vendor: 'acr', policy, images, clock }), []);
});

test('registries are named by their system', () => {
  const entry = { host: 'registry.example', system: 'harbor', login: { user: 'robot', password: 's3cret' } };
  const given = (...registries) => ({
    ...config('{max_age_days: 0}'),
    repositories: ['registry.example/app'],
    registries,
  });
  assert.ok(new Retention(given(entry, { host: 'registry.other' })));
  for (const [registries, words] of [
    [[{ ...entry, system: 'quay' }], /registries\[0\]\.system: unknown word `quay`/],
    [[entry, entry], /two entries are for one host/],
    [[{ ...entry, key: 'docker' }], /"key" is no option of harbor/],
  ]) {
    assert.throws(() => new Retention(given(...registries)), (error) => error instanceof Invalid && words.test(error.message));
  }
});

const script = example('retention.mjs');

function clean(...more) {
  const given = ['--repository', 'oci:source', '--policy', 'policy.yaml', '--environment', 'dev', '--ledger', 'ledger'];
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...given, ...more], {
    env: { ...process.env, XDG_STATE_HOME: path.resolve('state') },
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { status, shown: stdout + stderr };
}

test('the example cleans on an approval and puts back', () => {
  prepare('promote-signed');
  writeFileSync('policy.yaml', policy('{max_age_days: 0}'));
  const digest = ({ shown }) => shown.split('--approve ').at(-1).trim();
  const dry = clean();
  assert.equal(dry.status, 3, dry.shown);
  const done = clean('--approve', digest(dry));
  assert.equal(done.status, 0, done.shown);
  const file = done.shown.split('restored from ')[1].split('\n')[0];
  const back = clean('--restore', file);
  assert.equal(back.status, 3, back.shown);
  const restored = clean('--restore', file, '--approve', digest(back));
  assert.equal(restored.status, 0, restored.shown);
  assert.match(clean('--restore', file).shown, /Everything is there/);
});
