// Reports assessed by a policy with VEX, and written for people and for tools.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Assessment, Invalid, NotFound, Promoter, Registries, Sbom, assess, checkPolicy } from '../index.mjs';
import { example, prepare } from './helper.mjs';

const folder = fileURLToPath(new URL('../../examples/findings', import.meta.url));
const file = (name) => path.join(folder, name);
const documents = [
  { kind: 'report', path: file('report.json') },
  { kind: 'vex', bytes: readFileSync(file('vex.json')) },
  { kind: 'sbom', path: file('sbom.cdx.json') },
];
const request = {
  image: 'registry.example.com/team/app:v1',
  policy: file('policy.yaml'),
  clock: '2026-03-01T12:00:00Z',
};

test('the verdict is the same bytes as in every language', () => {
  const assessment = assess(documents, request);
  assert.deepEqual([assessment.outcome, assessment.allows], ['fail', false]);
  const expected = readFileSync(file('assessment.json'));
  assert.equal(assessment.write('json').toString(), expected.toString());
  const again = Assessment.fromJson(expected);
  for (const format of ['sarif', 'junit', 'gitlab', 'cyclonedx', 'table', 'markdown', 'html']) {
    assert.ok(again.write(format).equals(assessment.write(format)), format);
  }
});

test('reports for tools are what those read', () => {
  const assessment = assess(documents, request);
  const sarif = JSON.parse(assessment.write('sarif', { location: 'Dockerfile' }));
  assert.equal(sarif.runs[0].results[0].locations[0].physicalLocation.artifactLocation.uri, 'Dockerfile');
  assert.deepEqual(Sbom.validate(assessment.write('cyclonedx')), []);
  const cleared = assessment.data.vulnerabilities.find(({ standing }) => standing === 'cleared');
  assert.deepEqual([cleared.id, cleared.vex[0].status], ['CVE-2099-1003', 'not_affected']);
});

test('what is wrong is said', () => {
  assert.throws(() => assess([{ kind: 'report', bytes: Buffer.from('{}') }]), Invalid);
  assert.throws(() => assess(documents, { polcy: 'x' }), /unknown field `polcy`/);
  assert.throws(() => assess(documents).write('pdf'), /no report format/);
  assert.throws(() => new Assessment(), Invalid);
  assert.equal(assess([]).outcome, 'fail');
});

test('the example says so by its exit code', () => {
  const script = example('scan-report.mjs');
  const run = (...more) =>
    spawnSync(process.execPath, [script, '--report', file('report.json'), ...more], { encoding: 'utf8' });
  const stopped = run('--clock', request.clock, '--policy', request.policy);
  assert.equal(stopped.status, 2, stopped.stderr);
  assert.match(stopped.stdout, /is stopped/);
  assert.equal(run('--policy', 'no-such-file.yaml').status, 1);
});

test('a promoter assesses what it would judge', async () => {
  const scenario = prepare('promote-signed');
  const policy = 'scan_policy:\n  promotion_to_staging: {max_critical: 0}\n';
  const promoter = new Promoter({ ...scenario.promoter, policy });
  const digest = await new Registries().digest(scenario.request.from);
  const found = { VulnerabilityID: 'CVE-2099-1', PkgName: 'openssl', InstalledVersion: '1', Severity: 'CRITICAL' };
  const report = {
    SchemaVersion: 2,
    ArtifactType: 'container_image',
    Metadata: { RepoDigests: [`app@${digest}`] },
    Results: [{ Target: 'app', Class: 'os-pkgs', Type: 'debian', Vulnerabilities: [found] }],
  };
  const given = [{ kind: 'report', bytes: Buffer.from(JSON.stringify(report)) }];
  const assessment = await promoter.assess(scenario.request, { given });
  assert.ok(assessment instanceof Assessment && !assessment.allows);
  assert.equal(assessment.data.digest, digest);
  assert.deepEqual(assessment.data.vulnerabilities[0].blocks, ['too-many-critical']);
  assert.deepEqual(assessment.data.gates.map(({ gate, outcome }) => [gate, outcome]), [['signature', 'pass'], ['sbom', 'fail']]);
  await assert.rejects(new Promoter(scenario.promoter).assess(scenario.request), Invalid);
});

test('a policy file is checked', () => {
  const text = 'scan_policy:\n  promotion_to_staging: {max_critical: 0}\nretention_policy:\n  dev: {keep_last_tags: 10}\n';
  const checked = checkPolicy(text);
  assert.match(checked.digest, /^sha256:/);
  assert.deepEqual(checked.gates, { staging: ['cve', 'signature', 'sbom'] });
  assert.deepEqual([checked.retention, checked.approval, checked.signers], [['dev'], [], []]);
  assert.throws(() => checkPolicy(text.replace('max_critical', 'max_critcal')), (error) => {
    assert.ok(error instanceof Invalid);
    assert.match(error.message, /max_critcal/);
    return true;
  });
  assert.throws(() => checkPolicy('absent.yaml'), NotFound);
});
