// Rollback, and promotion over the word of a gate.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Invalid, NotFound, Promoter } from '../index.mjs';
import { prepare } from './helper.mjs';

const at = '2026-01-31T11:59:00Z';
const glass = { justification: 'customers cannot log in', expires: '2026-02-01T00:00:00Z' };

test('breaking the glass is loud, and needs a reason', async () => {
  const scenario = prepare('own-gate-blocks');
  const strict = { name: 'strict', judge: () => ({ reasons: [{ outcome: 'fail', code: 'no', message: 'not today' }] }) };
  const promoter = new Promoter({ ...scenario.promoter, approval: { accept: ['callback'] } }, [strict]);
  assert.equal((await promoter.plan(scenario.request)).state, 'blocked');
  const { plan } = await promoter.planBreakingGlass(scenario.request, glass);
  assert.match(plan.render(), /BREAK-GLASS/);
  assert.match(plan.html(), /customers cannot log in/);
  const approval = await plan.approveByCallback(() => ({ decision: 'approve', approver: 'alice' }), at);
  assert.ok((await promoter.execute(plan, [approval])).complete);
  await assert.rejects(promoter.planBreakingGlass(scenario.request, { ...glass, justification: '' }), Invalid);
});

test('a tag without a record cannot be put back', async () => {
  const promoter = new Promoter(prepare('promote-signed').promoter);
  await assert.rejects(promoter.planRollback({ tag: 'oci:target:v1', requester: 'oncall' }), NotFound);
  await assert.rejects(promoter.planRollback({ tag: 'oci:target:v1' }), Invalid);
});
