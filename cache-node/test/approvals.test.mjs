// Approving a plan, and executing it once.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Approval, Invalid, Plan, Promoter, Unapproved, Unexpected, Unsupported } from '../index.mjs';
import { collecting, prepare, scenarios } from './helper.mjs';

const yes = { decision: 'approve', approver: 'alice', comment: 'fine' };
const at = '2026-01-31T11:59:00Z';
const root = fileURLToPath(new URL('..', import.meta.url));

async function ready(approval = {}) {
  const scenario = prepare('promote-signed');
  const promoter = new Promoter({ ...scenario.promoter, approval });
  const { plan } = await promoter.plan(scenario.request);
  return { promoter, plan };
}

test('a callback sees the plan and its answer counts', async () => {
  const { promoter, plan } = await ready();
  let shown;
  const approval = await plan.approveByCallback(async (asked) => {
    shown = asked.render();
    return yes;
  }, at);
  assert.deepEqual([approval.kind, approval.approver, approval.comment, approval.at], ['callback', 'alice', 'fine', at]);
  assert.equal(approval.plan, plan.digest);
  assert.ok(shown.includes(plan.digest));
  const receipt = await promoter.execute(plan, [approval]);
  assert.ok(receipt.complete);
  assert.deepEqual(receipt.data.approvals, [approval.digest]);
  assert.throws(() => approval.toJson(), Unsupported);
});

test('what the callback throws rejects', async () => {
  const { plan } = await ready();
  const down = new RangeError('chat is down');
  const ask = () => {
    throw down;
  };
  await assert.rejects(plan.approveByCallback(ask), (error) => error === down);
  await assert.rejects(plan.approveByCallback(() => ({ approver: 'alice' })), Invalid);
  await assert.rejects(plan.approveByCallback(() => undefined), Invalid);
});

test('a callback whose promise nobody can settle any more rejects', { timeout: 60_000 }, async () => {
  const { plan } = await ready();
  await assert.rejects(collecting(() => plan.approveByCallback(() => new Promise(() => {}))), (error) => {
    assert.ok(error instanceof Unexpected && error.hint);
    assert.equal(error.message, 'the promise of the callback was never settled');
    return true;
  });
});

test('a denial stops the plan and uses nothing up', async () => {
  const { promoter, plan } = await ready();
  const denial = await plan.approveByCallback(() => ({ decision: 'deny', approver: 'bob' }), at);
  const approval = await plan.approveByCallback(() => yes, at);
  await assert.rejects(promoter.execute(plan, [approval, denial]), Unapproved);
  assert.ok((await promoter.execute(plan, [approval])).complete);
});

test('a plan is executed once', async () => {
  const { promoter, plan } = await ready();
  const approve = () => plan.approveByCallback(() => yes, at);
  assert.ok((await promoter.execute(plan, [await approve()])).complete);
  await assert.rejects(promoter.execute(plan, [await approve()]), /executed before/);
});

test('a signed approval travels with the plan', async () => {
  const key = readFileSync(path.join(scenarios, 'keys/alice.pub'), 'utf8');
  const { promoter, plan } = await ready({ accept: ['key'], approvers: [{ name: 'alice', key }] });
  const carried = Plan.fromJson(plan.json);
  const signed = await carried.approveBySignature(yes, { name: 'alice', path: 'keys/alice.key' }, at);
  const approval = Approval.fromJson(signed.toJson());
  assert.deepEqual([approval.kind, approval.digest], ['key', signed.digest]);
  await assert.rejects(promoter.execute(plan, [await plan.approveByCallback(() => yes, at)]), Unapproved);
  assert.ok((await promoter.execute(plan, [approval])).complete);
});

test('an edited plan is not read', async () => {
  const { plan } = await ready();
  assert.throws(() => Plan.fromJson(Buffer.concat([plan.json, Buffer.from(' ')])), Invalid);
  assert.equal(Plan.fromJson(plan.json).digest, plan.digest);
});

test('a pipe is not a terminal', async () => {
  const { plan } = await ready();
  if (process.stdin.isTTY) return;
  await assert.rejects(plan.approveOnTerminal('alice'), Unsupported);
});

test('a promoter with a gate lets Node end', () => {
  prepare('promote-signed');
  const program = `
    const { Promoter } = require(${JSON.stringify(path.join(root, 'index.cjs'))});
    const gate = { name: 'own', judge: () => ({ reasons: [] }) };
    globalThis.kept = new Promoter({ source: 'oci:source', target: 'oci:target', environment: 'e' }, [gate]);`;
  execFileSync(process.execPath, ['-e', program], { timeout: 20_000 });
});
