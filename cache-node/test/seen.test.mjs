// What is seen of an object in JSON, as a text, and where it is printed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import * as cache from '../index.mjs';
import { prepare } from './helper.mjs';

const lines = (it) => {
  assert.equal(inspect(it), String(it));
  assert.equal(inspect({ it }, { breakLength: Infinity }), `{ it: ${it} }`);
  return String(it);
};
const plain = (it) => JSON.parse(JSON.stringify({ it })).it;

test('a plan, its approval and its receipt are seen', async () => {
  const scenario = prepare('promote-signed');
  const promoter = new cache.Promoter({ ...scenario.promoter, approval: {} });
  const outlook = await promoter.plan(scenario.request);
  const { plan } = outlook;
  assert.equal(lines(outlook), 'Outlook ready');
  assert.deepEqual(plain(outlook), { state: 'ready', plan: plan.data, verdicts: outlook.verdicts });
  assert.equal(lines(plan), `Plan ${plan.digest}`);
  assert.deepEqual(plain(plan), plan.data);

  const answer = { decision: 'approve', approver: 'alice "a"' };
  const approval = await plan.approveByCallback(() => answer, '2026-01-31T11:59:00Z');
  assert.equal(lines(approval), `Approval approve by "alice \\"a\\"" of ${plan.digest}`);
  const { digest, kind, at } = approval;
  const left = { comment: null, expires: null, reference: null };
  assert.deepEqual(plain(approval), { ...answer, plan: plan.digest, digest, kind, at, ...left });

  const receipt = await promoter.execute(plan, [approval]);
  assert.equal(lines(receipt), `Receipt of ${plan.digest}, complete`);
  assert.deepEqual(plain(receipt), receipt.data);
});

test('SBOMs, scanners, assessments and stories are seen', async () => {
  const sbom = cache.Sbom.parse(Buffer.from('{"spdxVersion": "SPDX-2.3", "packages": [{"SPDXID": "SPDXRef-a", "name": "a"}]}'));
  assert.equal(lines(sbom), 'Sbom SPDX-2.3, 1 packages');
  assert.deepEqual(plain(sbom), sbom.data);
  const scanner = new cache.Scanner({ scanner: 'grype' });
  assert.equal(lines(scanner), 'Scanner grype');
  assert.deepEqual(plain(scanner), scanner.info);
  const bytes = Buffer.from('{"scanner": "own", "packages": 1, "findings": []}');
  const assessment = cache.assess([{ kind: 'report', bytes }]);
  assert.equal(lines(assessment), 'Assessment pass, 0 vulnerabilities');
  assert.deepEqual(plain(assessment), assessment.data);

  const { request } = prepare('promote-signed');
  const story = await cache.tellStory({ image: request.from });
  assert.equal(lines(story), `Story of ${story.data.reference}, ${story.data.events.length} events`);
  assert.deepEqual(plain(story), story.data);
});

test('what becomes of repositories is seen', async () => {
  prepare('promote-signed');
  const policy = 'retention_policy:\n  dev: {max_age_days: 0}\n';
  const kept = { ledger: 'ledger', restore: 'restore' };
  const retention = new cache.Retention({ repositories: ['oci:source'], environment: 'dev', policy, ...kept });
  const proposal = await retention.plan({ requester: 'cleaner' });
  assert.equal(lines(proposal), 'Proposal ready');
  assert.deepEqual(plain(proposal), proposal.data);
  const { plan } = proposal;
  const approvals = [await plan.approveByCallback(() => ({ decision: 'approve', approver: 'alice' }))];
  const looked = await retention.execute(plan, approvals);
  assert.equal(lines(looked), `Cleaned by ${plan.digest}, dry run: nothing was changed`);
  assert.equal(lines(looked.receipt), `Receipt of ${plan.digest}, dry run: nothing was changed`);
  assert.deepEqual(plain(looked), looked.data);
  assert.equal(lines(await retention.execute(plan, approvals, { dryRun: false })), `Cleaned by ${plan.digest}, complete`);
});

test('what is no object of a class does no harm', () => {
  for (const [name, made] of Object.entries(cache)) {
    if (!/^[A-Z]/.test(name) || made.prototype instanceof Error || made === cache.CacheError) continue;
    assert.ok(inspect(made.prototype).includes(name), name);
    assert.ok(inspect(Object.create(made.prototype)).includes(name), name);
  }
});
