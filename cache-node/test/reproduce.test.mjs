// Deadlines, freezes and groups; and verdicts that are reproduced long after.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Conflict, Invalid, NotFound, Promoter, Unapproved, Unsupported } from '../index.mjs';
import { prepare } from './helper.mjs';

const at = '2026-01-31T11:59:00Z';
const answer = (plan, approver, when = at) => plan.approveByCallback(() => ({ decision: 'approve', approver }), when);

async function opened(scenario, more = {}) {
  const promoter = new Promoter({ ...scenario.promoter, approval: { accept: ['callback'] }, ...more });
  return { promoter, outlook: await promoter.plan(scenario.request) };
}

test('a verdict is reproduced a year later', async () => {
  const scenario = prepare('promote-signed');
  const { promoter, outlook } = await opened(scenario);
  assert.ok((await promoter.execute(outlook.plan, [await answer(outlook.plan, 'alice')])).complete);
  const later = new Promoter({ ...scenario.promoter, clock: '2027-01-31T12:00:00Z' });
  const reproduced = await later.reproduce({ image: 'oci:target:v1' });
  assert.equal(String(reproduced), `Reproduction of ${reproduced.record.plan}`);
  assert.deepEqual(Object.keys(JSON.parse(JSON.stringify(reproduced))), ['record', 'statement', 'by', 'verdicts']);
  assert.deepEqual(reproduced.verdictsJson, outlook.verdictsJson);
  assert.deepEqual(reproduced.verdicts, outlook.verdicts);
  assert.equal(reproduced.record.plan, outlook.plan.digest);
  assert.equal(reproduced.record.judged.at, '2026-01-31T12:00:00Z');
  assert.match(reproduced.by, /^key release /);
  const other = new Promoter({ ...scenario.promoter, policy: `${scenario.promoter.policy}# another\n` });
  await assert.rejects(other.reproduce({ image: 'oci:target:v1' }), Conflict);
  const elsewhere = new Promoter({ ...scenario.promoter, environment: 'prod' });
  await assert.rejects(elsewhere.reproduce({ image: 'oci:target:v1' }), NotFound);
});

test('deadlines', async () => {
  const { promoter, outlook } = await opened(prepare('promote-signed'));
  const plan = outlook.plan.withDeadlines({ approveBy: at, executeBy: '2026-01-31T12:00:00Z' }, at);
  assert.notEqual(plan.digest, outlook.plan.digest);
  await assert.rejects(promoter.execute(plan, [await answer(plan, 'alice', '2026-01-31T11:59:01Z')]), Unapproved);
  assert.ok((await promoter.execute(plan, [await answer(plan, 'alice')])).complete);
  assert.throws(() => plan.withDeadlines({ approveBy: '2026-01-30T00:00:00Z' }, at), Invalid);
});

test('groups, freezes and ledgers', async () => {
  const scenario = prepare('promote-signed');
  const approval = {
    accept: ['callback'],
    approvers: [{ name: 'alice' }, { name: 'bob' }],
    groups: { security: { required: 1, of: ['alice'] }, release: { required: 1, of: ['alice', 'bob'] } },
  };
  const { promoter, outlook: { plan } } = await opened(scenario, { approval });
  const [alice, bob, mallory] = await Promise.all(['alice', 'bob', 'Mallory'].map((who) => answer(plan, who)));
  await assert.rejects(promoter.execute(plan, [alice]), /lacks 1 of 1/);
  const freeze = [{ name: 'release day', zone: 'Europe/Berlin', from: '2026-01-31', until: '2026-02-01' }];
  const frozen = await opened(scenario, { approval: { ...approval, freeze } });
  await assert.rejects(frozen.promoter.execute(plan, [alice, bob]), /release day/);
  const receipt = await promoter.execute(plan, [bob, alice, mallory]);
  assert.match(receipt.data.ignored[0], /Mallory: not one of the approvers/);
  await assert.rejects(opened(scenario, { ledger: 'ftp://bucket/ledger' }), Unsupported);
  for (const wrong of ['s3://bucket?regoin=x', 'gs://', 'az://account']) {
    await assert.rejects(opened(scenario, { ledger: wrong }), Invalid);
  }
  for (const ledger of ['s3://bucket/ledger?region=eu-west-1', 'gs://bucket/ledger', 'az://account/container/ledger']) {
    await opened(scenario, { ledger });
  }
});
