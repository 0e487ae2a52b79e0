// Reports assessed by a policy with VEX, and written for people and for tools.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Assessment, Invalid, Sbom, assess } from '../index.mjs';
import { example } from './helper.mjs';

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
  assert.throws(() => new Assessment(), TypeError);
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
