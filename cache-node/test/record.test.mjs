// What the signed record of a promotion says, and what is held to it.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { Invalid, NotFound, Plan, Promoter, Unapproved, Untrusted, tellStory, verifyJournal } from '../index.mjs';
import { load, prepare, scenarios } from './helper.mjs';

const at = '2026-01-31T11:59:00Z';
const request = { image: 'oci:target:v1', trustedKeys: [{ name: 'release', path: 'keys/release.pub' }] };

// The plan, the receipt and the journal of a promotion that somebody approved by callback.
async function promoted(answer = {}) {
  const scenario = prepare('promote-signed');
  const promoter = new Promoter({ ...scenario.promoter, approval: { accept: ['callback'] } });
  const { plan } = await promoter.plan(scenario.request);
  const approval = await plan.approveByCallback(() => ({ decision: 'approve', approver: 'alice', ...answer }), at);
  const receipt = await promoter.execute(plan, [approval]);
  assert.ok(receipt.complete);
  return { plan, receipt, journal: readFileSync(`ledger/journal/${plan.digest.split(':')[1]}.jsonl`) };
}

test('a journal is held to the record', async () => {
  const { plan, receipt, journal } = await promoted();
  const { lines, entries, record } = await verifyJournal(request, journal);
  const attached = plan.data.changes.findIndex((change) => change.do === 'attach');
  assert.deepEqual([lines, entries.length], [1 + attached, 2 + plan.data.changes.length]);
  assert.deepEqual(entries[0].event, { began: { approvals: receipt.data.approvals } });
  assert.equal(record.plan, plan.digest);
  const text = journal.toString();
  for (const other of [text.slice(text.indexOf('\n') + 1), text.replace('"sent":0', '"sent":1')]) {
    await assert.rejects(verifyJournal(request, Buffer.from(other)), Untrusted);
  }
  await assert.rejects(verifyJournal(request, Buffer.alloc(0)), Invalid);
  await assert.rejects(verifyJournal(request, journal, { signal: AbortSignal.abort() }), { name: 'AbortError' });
});

test('the ledger gives the journal of a plan', async () => {
  const { plan, journal } = await promoted();
  const promoter = new Promoter(load(path.join(scenarios, 'promote-signed.json')).promoter);
  assert.deepEqual(await promoter.journal(plan.digest), journal);
  await assert.rejects(promoter.journal(`sha256:${'0'.repeat(64)}`), NotFound);
  for (const wrong of ['', plan.digest.split(':')[1], plan.digest.toUpperCase(), `../${plan.digest}`]) {
    await assert.rejects(promoter.journal(wrong), Invalid);
  }
  await assert.rejects(promoter.journal(plan.digest, { signal: AbortSignal.abort() }), { name: 'AbortError' });
  const text = journal.toString();
  writeFileSync(`ledger/journal/${plan.digest.split(':')[1]}.jsonl`, text.slice(text.indexOf('\n') + 1));
  await assert.rejects(promoter.journal(plan.digest), Untrusted);
});

test('what an approver said is in the record and the story', async () => {
  const said = 'looked at it <b>twice</b>';
  const { journal } = await promoted({ comment: `  ${said}\n` });
  const [approval] = (await verifyJournal(request, journal)).record.approvals;
  assert.deepEqual([approval.kind, approval.comment], ['callback', said]);
  const story = await tellStory(request);
  const { facts } = story.data.events.find((event) => event.kind === 'promoted');
  assert.ok(facts.some(({ name, value }) => name === 'said' && value === `alice: ${said}`));
  assert.doesNotMatch(story.html() + story.markdown(), /<b>/);
  await assert.rejects(promoted({ comment: 'x'.repeat(1001) }), Invalid);
});

test('an approver sets a deadline', async () => {
  const expires = '2026-01-31T12:30:00Z';
  const { plan, journal } = await promoted({ expires });
  assert.equal((await verifyJournal(request, journal)).record.approvals[0].expires, expires);
  await assert.rejects(promoted({ expires: '2026-01-31T11:59:30Z' }), Unapproved);
  await assert.rejects(promoted({ expires: at }), Invalid);
  const answer = { decision: 'approve', approver: 'alice', expires };
  const signed = await plan.approveBySignature(answer, { name: 'alice', path: 'keys/alice.key' }, at);
  assert.equal(signed.expires, expires);
});

test('a plan needs no private key', async () => {
  const scenario = prepare('promote-signed');
  const whole = new Promoter({ ...scenario.promoter, approval: { accept: ['callback'] } });
  const signer = { name: 'release', path: 'env://CACHE_NO_SUCH_VARIABLE', publicKey: 'keys/release.pub' };
  const planner = new Promoter({ ...scenario.promoter, approval: { accept: ['callback'] }, signer });
  const { plan } = await planner.plan(scenario.request);
  assert.deepEqual(plan.json, (await whole.plan(scenario.request)).plan.json);
  const approvals = [await plan.approveByCallback(() => ({ decision: 'approve', approver: 'alice' }), at)];
  await assert.rejects(planner.execute(plan, approvals), NotFound);
  assert.ok((await whole.execute(Plan.fromJson(plan.json), approvals)).complete);
  const named = new Promoter({ ...scenario.promoter, signer: { name: 'release', publicKey: 'keys/release.pub' } });
  assert.equal((await named.plan(scenario.request)).state, 'nothing');
  assert.throws(() => new Promoter({ ...scenario.promoter, signer: { name: 'release' } }), Invalid);
});

test('an answer is known by its reference', async () => {
  const { plan, journal } = await promoted({ reference: 'runs/7' });
  assert.equal((await verifyJournal(request, journal)).record.approvals[0].reference, 'runs/7');
  const { promoter } = load(path.join(scenarios, 'promote-signed.json'));
  const again = Plan.fromJson(plan.json);
  const told = await again.approveByCallback(() => ({ decision: 'approve', approver: 'alice', reference: 'runs/7' }), at);
  assert.equal(told.reference, 'runs/7');
  const another = new Promoter({ ...promoter, approval: { accept: ['callback'] } });
  await assert.rejects(another.execute(again, [told]), /used once/);
});
