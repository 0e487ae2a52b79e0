// Watching an execution, stopping it, and going on; and evidence that the caller has.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { Invalid, NotFound, Promoter, Registries, Unapproved } from '../index.mjs';
import { prepare } from './helper.mjs';

const yes = { decision: 'approve', approver: 'alice' };
const at = '2026-01-31T11:59:00Z';
const sbom = JSON.stringify({ spdxVersion: 'SPDX-2.3', packages: [{ SPDXID: 'SPDXRef-a', name: 'a' }] });

async function ready() {
  const scenario = prepare('promote-signed');
  const promoter = new Promoter({ ...scenario.promoter, approval: {} });
  const { plan } = await promoter.plan(scenario.request);
  return { promoter, plan, approvals: [await plan.approveByCallback(() => yes, at)] };
}

test('a watcher sees every step', async () => {
  const { promoter, plan, approvals } = await ready();
  const seen = [];
  const receipt = await promoter.execute(plan, approvals, { onProgress: (news) => seen.push(news) });
  assert.ok(receipt.complete);
  const { done, steps, what, bytes, total } = seen.at(-1);
  assert.deepEqual([done, what, bytes], [steps, null, total]);
  const changes = new Set(seen.map((news) => news.what).filter((words) => words !== null));
  assert.equal(changes.size, plan.data.changes.length);
  for (let i = 1; i < seen.length; i += 1) {
    assert.ok(seen[i].done >= seen[i - 1].done && seen[i].bytes >= seen[i - 1].bytes);
  }
});

test('what a watcher throws stops the execution, and it goes on', async () => {
  const { promoter, plan, approvals } = await ready();
  const enough = new RangeError('enough');
  const onProgress = () => {
    throw enough;
  };
  await assert.rejects(promoter.execute(plan, approvals, { onProgress }), (error) => error === enough);
  assert.ok((await promoter.execute(plan, approvals)).complete);
  await assert.rejects(promoter.execute(plan, approvals), Unapproved);
});

test('a watcher may be async: its rejection stops the execution, and nothing is left unhandled', async () => {
  const { promoter, plan, approvals } = await ready();
  const unhandled = [];
  const hear = (error) => unhandled.push(error);
  process.on('unhandledRejection', hear);
  try {
    const down = new RangeError('the status page is down');
    for (const onProgress of [
      async () => { throw down; },
      () => ({ then: (_, reject) => reject(down) }),
      () => ({ get then() { throw down; } }),
    ]) {
      await assert.rejects(promoter.execute(plan, approvals, { onProgress }), (error) => error === down);
    }
    await assert.rejects(promoter.execute(plan, approvals, { onProgress: () => Promise.reject() }), (error) => error === undefined);
    // What is rejected after the end is nobody's matter any more.
    const late = [];
    const onProgress = () => new Promise((_, reject) => late.push(reject));
    assert.ok((await promoter.execute(plan, approvals, { onProgress })).complete);
    late.forEach((reject) => reject(down));
    await new Promise((resolve) => setTimeout(resolve, 20));
  } finally {
    process.off('unhandledRejection', hear);
  }
  assert.deepEqual(unhandled, []);
});

test('a watcher that fails at the last news is heard', async () => {
  for (const fail of [() => { throw new RangeError('enough'); }, async () => { throw new RangeError('enough'); }]) {
    const { promoter, plan, approvals } = await ready();
    const onProgress = (news) => (news.what === null ? fail() : undefined);
    await assert.rejects(promoter.execute(plan, approvals, { onProgress }), RangeError);
  }
});

test('a signal stops an execution, and it goes on', async () => {
  const { promoter, plan, approvals } = await ready();
  const control = new AbortController();
  const onProgress = () => control.abort();
  await assert.rejects(promoter.execute(plan, approvals, { onProgress, signal: control.signal }), {
    name: 'AbortError',
  });
  assert.ok((await promoter.execute(plan, approvals, { signal: new AbortController().signal })).complete);
});

test('a signal that has aborted lets nothing begin, and its reason is the error', async () => {
  const { promoter, plan, approvals } = await ready();
  const reason = new Error('too late');
  const signal = AbortSignal.abort(reason);
  await assert.rejects(promoter.execute(plan, approvals, { signal }), (error) => error === reason);
  await assert.rejects(promoter.plan({}, { signal }), (error) => error === reason);
});

test('a signal stops the wait for a gate', async () => {
  const scenario = prepare('promote-signed');
  const control = new AbortController();
  const judge = () => {
    control.abort();
    return new Promise(() => {});
  };
  const promoter = new Promoter(scenario.promoter, [{ name: 'slow', judge }]);
  await assert.rejects(promoter.plan(scenario.request, { signal: control.signal }), { name: 'AbortError' });
});

test('given evidence is judged and named', async () => {
  const scenario = prepare('promote-signed');
  const policy = 'scan_policy:\n  promotion_to_staging: {require_scan: false}\n';
  const promoter = new Promoter({ ...scenario.promoter, policy });
  assert.equal((await promoter.plan(scenario.request)).state, 'blocked');
  const given = (text) => promoter.plan(scenario.request, { given: [{ kind: 'sbom', bytes: Buffer.from(text) }] });
  const codes = (await given(sbom)).verdicts.flatMap(({ reasons }) => reasons.map(({ code }) => code));
  assert.ok(codes.includes('unbound-sbom'));
  const version = await new Registries().digest(scenario.request.from);
  const document = JSON.stringify({
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    metadata: { component: { type: 'container', name: 'app', version } },
    components: [{ type: 'library', name: 'a' }],
  });
  writeFileSync('sbom.json', document);
  const bytes = await given(document);
  const path = await promoter.plan(scenario.request, { given: [{ kind: 'sbom', path: 'sbom.json' }] });
  assert.ok(bytes.plan.json.toString().includes('given, unsigned'));
  assert.equal(path.plan.digest, bytes.plan.digest);
  // A process that executes the plan of another one has to be handed it as well.
  const elsewhere = new Promoter({ ...scenario.promoter, policy, approval: {} });
  const made = new Promoter({ ...scenario.promoter, policy, approval: {} });
  const { plan } = await made.plan(scenario.request, { given: [{ kind: 'sbom', path: 'sbom.json' }] });
  const approvals = [await plan.approveByCallback(() => ({ decision: 'approve', approver: 'alice' }), '2026-01-31T11:59:00Z')];
  await assert.rejects(elsewhere.execute(plan, approvals), { code: 'CONFLICT' });
  const done = await elsewhere.execute(plan, approvals, { given: [{ kind: 'sbom', path: 'sbom.json' }] });
  assert.ok(done.complete);
});

test('given evidence that cannot be read is refused', async () => {
  const scenario = prepare('promote-signed');
  const promoter = new Promoter(scenario.promoter);
  const bytes = Buffer.from(sbom);
  for (const [given, error] of [
    [{ kind: 'sbom', bytes: Buffer.from('not an SBOM') }, Invalid],
    [{ kind: 'sbom' }, Invalid],
    [{ kind: 'sbom', bytes, path: 'sbom.json' }, Invalid],
    [{ kind: 'signature', bytes }, Invalid],
    [{ kind: 'sbom', path: 'no-such-file' }, NotFound],
  ]) {
    await assert.rejects(promoter.plan(scenario.request, { given: [given] }), error);
  }
});
