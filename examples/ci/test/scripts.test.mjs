// The script blocks of GitLab, Jenkins and Tekton, taken out of their files and run with the environment that those document.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { imageOf, project, promoted, report, scanned } from './helper.mjs';
import { dotenv, installed, job, shellSteps, step, steps } from './systems.mjs';

const begin = (digest) => digest.slice('sha256:'.length, 'sha256:'.length + 8);
const injections = ['v1;touch owned', '`touch owned`$(touch owned)', `v1'";touch owned;"'`, '--help'];

// A project with what its build left: a report that finds nothing bad.
function built(name = 'promote-signed') {
  const folder = installed(project(name, { policy: scanned }));
  writeFileSync(path.join(folder, 'grype.json'), JSON.stringify(report(imageOf(folder), ['zlib'])));
  return folder;
}

test('GitLab: whoever starts the manual job approves by naming the plan', async () => {
  const folder = built();
  const variables = { CI_COMMIT_TAG: 'v1', GITLAB_USER_LOGIN: 'bob', CI_PIPELINE_URL: 'https://gitlab.example/p/1' };
  const planned = await job('plan', folder, variables);
  assert.equal(planned.status, 0, planned.log);
  const { CACHE_VERDICT, CACHE_PLAN_DIGEST } = dotenv(folder);
  assert.equal(CACHE_VERDICT, 'ready');
  assert.match(readFileSync(path.join(folder, 'cache-out/junit.xml'), 'utf8'), /<testsuite name="cve"/);
  const scanning = JSON.parse(readFileSync(path.join(folder, 'cache-out/gl-container-scanning-report.json')));
  assert.deepEqual([scanning.scan.type, scanning.vulnerabilities.length], ['container_scanning', 1]);

  const execute = (more) =>
    job('execute', folder, {
      ...variables,
      CACHE_VERDICT,
      CACHE_PLAN_DIGEST,
      GITLAB_USER_LOGIN: 'alice',
      CI_JOB_URL: 'https://gitlab.example/j/2',
      ...more,
    });
  assert.equal((await execute({})).status, 3, 'no words');
  assert.equal((await execute({ CACHE_APPROVE: '00000000' })).status, 3, 'another plan');
  assert.equal(
    (await execute({ CACHE_APPROVE: begin(CACHE_PLAN_DIGEST), GITLAB_USER_LOGIN: 'bob' })).status,
    3,
    'the requester',
  );
  assert.equal(
    (await execute({ CACHE_APPROVE: begin(CACHE_PLAN_DIGEST), CACHE_PLAN_DIGEST: `sha256:${'0'.repeat(64)}` })).status,
    3,
  );
  assert.deepEqual(promoted(folder), []);
  const done = await execute({ CACHE_APPROVE: begin(CACHE_PLAN_DIGEST) });
  assert.equal(done.status, 0, done.log);
  assert.deepEqual(promoted(folder), ['v1']);
  assert.equal((await job('plan', folder, variables)).status, 0);
  assert.equal(dotenv(folder).CACHE_VERDICT, 'nothing');
  assert.match((await execute({ ...dotenv(folder) })).log, /nothing to do/);
});

test('GitLab: a refused image fails the plan, and a tag is no script', async () => {
  const folder = built('promote-unsigned-blocked');
  const variables = { GITLAB_USER_LOGIN: 'bob', CI_PIPELINE_URL: 'https://gitlab.example/p/1' };
  assert.equal((await job('plan', folder, { ...variables, CI_COMMIT_TAG: 'v1' })).status, 2);
  assert.deepEqual(dotenv(folder), { CACHE_VERDICT: 'blocked', CACHE_PLAN_DIGEST: '' });
  for (const tag of injections)
    assert.equal((await job('plan', folder, { ...variables, CI_COMMIT_TAG: tag })).status, 1, tag);
  assert.ok(!existsSync(path.join(folder, 'owned')));
});

test('GitLab: a merge request is judged by the policy of its base', async () => {
  const folder = built();
  const git = (...args) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], {
      cwd: folder,
      encoding: 'utf8',
    }).trim();
  writeFileSync(
    path.join(folder, 'policy.yaml'),
    'scan_policy: {promotion_to_prod: {max_high: 0, require_sbom: false}}\n',
  );
  git('init', '--quiet', '--initial-branch=main');
  git('add', 'policy.yaml');
  git('commit', '--quiet', '--message=base');
  git('remote', 'add', 'origin', folder);
  writeFileSync(
    path.join(folder, 'policy.yaml'),
    'scan_policy: {promotion_to_prod: {max_high: any, require_sbom: false}}\n',
  );
  const subject = imageOf(folder);
  // In the place of SBOMs that are scanned; `difference.test.mjs` has those.
  writeFileSync(path.join(folder, 'base.cdx.json'), JSON.stringify(report(subject, [])));
  writeFileSync(path.join(folder, 'head.cdx.json'), JSON.stringify(report(subject, ['openssl'], 'high')));
  const { status, log } = await job('difference', folder, { CI_MERGE_REQUEST_DIFF_BASE_SHA: git('rev-parse', 'HEAD') });
  assert.equal(status, 2, log);
  assert.match(readFileSync(path.join(folder, 'cache-out/difference.md'), 'utf8'), /openssl/);
});

test('Jenkins: the answer to the question approves, if it names the plan', async () => {
  const folder = built();
  const env = { CACHE_CI: 'node_modules/cache-ci-examples/cache-ci.mjs', REQUESTER: 'bob', IMAGE: 'v1' };
  const [plan, verdict, digest, ...rest] = shellSteps('plan');
  const [execute, ...more] = shellSteps('execute');
  assert.deepEqual([rest, more], [[], []]);
  const planned = await step(plan, folder, env);
  assert.equal(planned.status, 0, planned.log);
  assert.equal((await step(verdict, folder, {})).stdout, 'ready');
  const CACHE_PLAN_DIGEST = (await step(digest, folder, {})).stdout;
  const given = { ...env, CACHE_PLAN_DIGEST, RELEASE_KEY_FILE: 'keys/release.key' };
  const answer = (APPROVER, WORDS) => step(execute, folder, { ...given, APPROVER, WORDS });
  for (const [who, words] of [
    ['alice', 'yes'],
    ['alice', ''],
    ['bob', begin(CACHE_PLAN_DIGEST)],
    ['', begin(CACHE_PLAN_DIGEST)],
  ]) {
    assert.equal((await answer(who, words)).status, 3, `${who} ${words}`);
  }
  for (const image of injections) assert.equal((await step(plan, folder, { ...env, IMAGE: image })).status, 1, image);
  assert.ok(!existsSync(path.join(folder, 'owned')));
  assert.deepEqual(promoted(folder), []);
  const done = await answer('alice', begin(CACHE_PLAN_DIGEST));
  assert.equal(done.status, 0, done.log);
  assert.doesNotMatch(done.log, /PRIVATE KEY/);
  assert.deepEqual(promoted(folder), ['v1']);
});

const approvalTask = (state, ...approversResponse) => ({
  apiVersion: 'openshift-pipelines.org/v1alpha1',
  kind: 'ApprovalTask',
  metadata: { name: 'run-approve', namespace: 'team' },
  status: { state, approversResponse },
});
const oc = (answer) => ({
  oc: `#!/bin/sh\n[ "$*" = "get approvaltask run-approve -o json" ] || exit 9\ncat <<'END'\n${JSON.stringify(answer)}\nEND\n`,
});

test('Tekton: results, and the people of an ApprovalTask', async () => {
  const folder = built();
  const { status, log, results } = await steps('cache-plan', folder, { image: 'v1', requester: 'bob' });
  assert.equal(status, 0, log);
  const digest = results['plan-digest'];
  assert.equal(results.verdict, 'ready');
  const { timestamp, ...output } = JSON.parse(results.TEST_OUTPUT);
  assert.match(timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/);
  assert.deepEqual(output, {
    result: 'SUCCESS',
    note: 'the gates of a promotion: ready',
    namespace: 'cache',
    successes: 2,
    failures: 0,
    warnings: 0,
  });

  const execute = (answer, more) =>
    steps('cache-execute', folder, { 'plan-digest': digest, 'approval-task': 'run-approve', ...more }, oc(answer));
  const alice = { name: 'alice', type: 'User', response: 'approved', message: `yes, ${begin(digest)}` };
  const refused = [
    approvalTask('pending', alice),
    approvalTask('rejected', alice),
    approvalTask('approved'),
    approvalTask('approved', { ...alice, message: 'LGTM' }),
    approvalTask('approved', { ...alice, response: 'rejected' }),
    approvalTask('approved', { ...alice, name: 'bob' }),
    approvalTask('approved', { ...alice, name: 'release', type: 'Group' }),
  ];
  for (const answer of refused) assert.equal((await execute(answer)).status, 3, JSON.stringify(answer));
  assert.equal((await execute(approvalTask('approved', alice), { 'plan-digest': 'sha256:0' })).status, 3);
  assert.deepEqual(promoted(folder), []);
  const group = {
    name: 'release',
    type: 'Group',
    response: 'approved',
    groupMembers: [{ name: 'carol', response: 'approved', message: begin(digest) }],
  };
  const done = await execute(approvalTask('approved', group));
  assert.equal(done.status, 0, done.log);
  assert.deepEqual([done.results.IMAGE_DIGEST, promoted(folder)], [imageOf(folder), ['v1']]);
  assert.equal(JSON.parse(readFileSync(path.join(folder, 'cache-done/approvals.json')))[0].approver, 'carol');
  const nothing = await steps('cache-plan', folder, { image: 'v1', requester: 'bob' });
  assert.deepEqual([nothing.results.verdict, JSON.parse(nothing.results.TEST_OUTPUT).result], ['nothing', 'SKIPPED']);
});

test('Tekton: a refusal is a result, an error is none', async () => {
  const folder = built('promote-unsigned-blocked');
  const { status, results } = await steps('cache-plan', folder, { image: 'v1', requester: 'bob' });
  const { result, failures } = JSON.parse(results.TEST_OUTPUT);
  assert.deepEqual(
    [status, results.verdict, results['plan-digest'], result, failures],
    [0, 'blocked', '', 'FAILURE', 1],
  );
  for (const image of injections) {
    assert.equal((await steps('cache-plan', folder, { image, requester: 'bob', reason: image })).status, 1, image);
  }
  assert.ok(!existsSync(path.join(folder, 'owned')));
});
