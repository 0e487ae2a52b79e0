// The files themselves: that they say what the systems understand, and nothing that would let outsiders in.
import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { test } from 'node:test';
import yaml from 'js-yaml';
import { ci, project, run } from './helper.mjs';
import { gitlab, jenkinsfile, shellSteps, task, tekton } from './systems.mjs';

const { validateAction, validateWorkflow } = createRequire(import.meta.url)('@action-validator/core');
const read = (name) => readFileSync(path.join(ci, 'github', name), 'utf8');
const workflows = ['promote.yml', 'pull-request.yml'];

test('the configuration in the README is one', async () => {
  const folder = project('promote-signed');
  const { source, target, ...config } = JSON.parse(
    /```json\n([^]*?)```/.exec(readFileSync(path.join(ci, 'README.md'), 'utf8'))[1],
  );
  assert.match(source + target, /^docker:.*docker:/);
  copyFileSync(path.join(folder, 'keys', 'release.pub'), path.join(folder, 'release.pub'));
  writeFileSync(path.join(folder, 'policy.yaml'), 'scan_policy: {promotion_to_prod: {}}\n');
  writeFileSync(
    path.join(folder, 'cache.json'),
    JSON.stringify({ source: 'oci:source', target: 'oci:target', ...config }),
  );
  const args = ['plan', '--config', 'cache.json', '--image', 'v1', '--requester', 'carol', '--out', 'out'];
  const { status, log } = await run(process.execPath, [path.join(ci, 'cache-ci.mjs'), ...args], { cwd: folder });
  assert.equal(status, 2, log); // it is understood, and the strict rules of prod refuse an image without a scan
});

test('GitHub: actions and workflows are valid', () => {
  for (const name of ['plan/action.yml', 'execute/action.yml']) {
    // The schema is older than node24.
    assert.deepEqual(validateAction(read(name).replace('using: node24', 'using: node20')).errors, [], name);
  }
  for (const name of workflows) assert.deepEqual(validateWorkflow(read(name)).errors, [], name);
});

test('GitHub: workflows have few permissions, pinned actions and nothing from outside in a script', () => {
  for (const name of workflows) {
    const workflow = yaml.load(read(name));
    assert.doesNotMatch(JSON.stringify(workflow), /pull_request_target|workflow_run|write-all/, name);
    assert.ok(['{}', '{"contents":"read"}'].includes(JSON.stringify(workflow.permissions)), name);
    for (const { steps } of Object.values(workflow.jobs)) {
      for (const { run = '', uses } of steps)
        assert.ok(!run.includes('${{') && (run || /^[\w./-]+@[0-9a-f]{40}$/.test(uses)), uses ?? run);
    }
  }
  const lines = workflows.flatMap((name) => read(name).split('\n')).filter((line) => line.includes('uses:'));
  for (const line of lines) assert.match(line, /@[0-9a-f]{40} # v\d+$/);
});

test('GitHub: the job that writes waits for people, asks who they were, and takes the digest that they saw', () => {
  const { plan, execute } = yaml.load(read('promote.yml')).jobs;
  assert.deepEqual(plan.permissions, { contents: 'read', packages: 'read', 'security-events': 'write' });
  assert.deepEqual(execute.permissions, { actions: 'read', contents: 'read', packages: 'write' });
  assert.deepEqual([execute.needs, execute.environment], ['plan', 'prod']);
  const known = { plan: yaml.load(read('plan/action.yml')), execute: yaml.load(read('execute/action.yml')) };
  for (const [name, job] of Object.entries({ plan, execute })) {
    const step = job.steps.find(({ uses }) => uses?.startsWith(`example/cache/${name}@`));
    for (const input of Object.keys(step.with)) assert.ok(input in known[name].inputs, input);
  }
  for (const output of Object.keys(plan.outputs)) assert.ok(output in known.plan.outputs, output);
  const { with: given } = execute.steps.find(({ uses }) => uses?.startsWith('example/cache/execute@'));
  assert.deepEqual(
    [given['plan-digest'], given.environment],
    ['${{ needs.plan.outputs.plan-digest }}', execute.environment],
  );
});

test('GitLab: the jobs say what GitLab knows, and only a person starts the one that writes', () => {
  const { stages, default: _, variables, ...jobs } = gitlab;
  const keys = [
    'stage',
    'rules',
    'script',
    'artifacts',
    'needs',
    'environment',
    'resource_group',
    'manual_confirmation',
  ];
  const reports = ['junit', 'container_scanning', 'dotenv'];
  for (const [name, job] of Object.entries(jobs)) {
    assert.deepEqual(
      Object.keys(job).filter((key) => !keys.includes(key)),
      [],
      name,
    );
    assert.ok(stages.includes(job.stage) && job.rules.every((rule) => typeof rule.if === 'string'), name);
    assert.ok(
      job.script.every((line) => typeof line === 'string'),
      `${name}: a colon makes a line a table`,
    );
    assert.ok(
      Object.keys(job.artifacts.reports ?? {}).every((report) => reports.includes(report)),
      name,
    );
  }
  const { execute, plan } = jobs;
  assert.deepEqual(execute.rules, [{ ...plan.rules[0], when: 'manual' }]);
  assert.deepEqual([execute.needs, execute.environment.name], [[{ job: 'plan', artifacts: true }], 'prod']);
  assert.ok(!('allow_failure' in execute) && !('CACHE_APPROVE' in variables));
});

test('Jenkins: the question is asked before an executor is taken, and shell steps hold no Groovy', () => {
  const execute = jenkinsfile.split("stage('execute')")[1];
  assert.match(jenkinsfile, /agent none/);
  assert.match(execute, /beforeInput true[^]*input \{[^]*submitterParameter 'APPROVER'[^]*agent \{/);
  assert.doesNotMatch(jenkinsfile, /sh\s*\(?\s*(script:\s*)?"/);
  assert.equal(jenkinsfile.match(/\bsh[ (]/g).length, shellSteps('plan').length + shellSteps('execute').length);
  for (const [open, close] of ['{}', '()', '[]'])
    assert.equal(jenkinsfile.split(open).length, jenkinsfile.split(close).length);
});

test('Tekton: what is used is declared, and no parameter is a part of a script', () => {
  const used = (kind, node) =>
    [...JSON.stringify(node).matchAll(new RegExp(`\\$\\(${kind}\\.([\\w-]+)[^)]*\\)`, 'g'))].map(([, name]) => name);
  for (const { metadata, spec } of tekton.filter(({ kind }) => ['Task', 'Pipeline'].includes(kind))) {
    const declared = (list) => (list ?? []).map(({ name }) => name);
    for (const param of used('params', spec))
      assert.ok(declared(spec.params).includes(param), `${metadata.name}: ${param}`);
    for (const result of used('results', spec))
      assert.ok(declared(spec.results).includes(result), `${metadata.name}: ${result}`);
    for (const place of used('workspaces', spec))
      assert.ok(declared(spec.workspaces).includes(place), `${metadata.name}: ${place}`);
    for (const { script } of spec.steps ?? []) assert.doesNotMatch(script, /\$\((?!results\.[\w-]+\.path\))/);
  }
  const { spec } = tekton.find(({ kind }) => kind === 'Pipeline');
  for (const { name, taskRef, params, workspaces = [], when } of spec.tasks) {
    if (name !== 'plan')
      assert.deepEqual(when[0], { input: '$(tasks.plan.results.verdict)', operator: 'in', values: ['ready'] });
    if (taskRef.kind === 'ApprovalTask') continue;
    const called = task(taskRef.name).spec;
    const needed = called.params.filter((param) => param.default === undefined).map((param) => param.name);
    const given = params.map((param) => param.name);
    assert.deepEqual(
      needed.filter((param) => !given.includes(param)),
      [],
      name,
    );
    assert.ok(
      given.every((param) => called.params.some((one) => one.name === param)),
      name,
    );
    assert.deepEqual(
      workspaces.map((one) => one.name),
      called.workspaces.map((one) => one.name),
    );
  }
  const results = [...JSON.stringify(spec).matchAll(/tasks\.plan\.results\.([\w-]+)/g)].map(([, name]) => name);
  for (const result of results)
    assert.ok(
      task('cache-plan').spec.results.some(({ name }) => name === result),
      result,
    );
  const approve = spec.tasks.find(({ taskRef }) => taskRef.kind === 'ApprovalTask');
  assert.deepEqual(
    approve.params.map(({ name }) => name),
    ['approvers', 'numberOfApprovalsRequired', 'description'],
  );
  assert.match(approve.params[2].value, /plan-digest/);
  const role = tekton.find(({ kind }) => kind === 'Role');
  assert.deepEqual(role.rules, [
    { apiGroups: ['openshift-pipelines.org'], resources: ['approvaltasks'], verbs: ['get'] },
  ]);
});
