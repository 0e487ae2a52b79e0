// The scenarios in Node: the documents are the same bytes as in Rust and Python.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { Approval, CacheError, Promoter } from '../index.mjs';
import { load, prepare, scenarios } from './helper.mjs';

const expected = load(path.join(scenarios, 'expected.json'));

function keep(name, document) {
  writeFileSync(name, document);
  return `sha256:${createHash('sha256').update(document).digest('hex')}`;
}

function codeOf(error) {
  assert.ok(error instanceof CacheError, error);
  return error.code;
}

async function run(scenario) {
  const { gate } = scenario;
  const gates = gate ? [{ name: gate.name, judge: async () => gate.answer }] : [];
  const promoter = new Promoter(scenario.promoter, gates);
  let outlook;
  try {
    outlook = await promoter.plan(scenario.request);
  } catch (error) {
    return { error: codeOf(error) };
  }
  if (outlook.state === 'nothing') return { outlook: 'nothing' };
  if (outlook.state === 'blocked') {
    return { outlook: 'blocked', verdicts: keep('verdicts.json', outlook.verdictsJson) };
  }
  const seen = { outlook: 'ready', plan: keep('plan.json', outlook.plan.json) };
  if (existsSync('moved')) renameSync('moved', 'target');
  const approvals = scenario.approve ? [Approval.fromJson(readFileSync('approval.json'))] : [];
  try {
    const receipt = await promoter.execute(outlook.plan, approvals);
    seen.receipt = keep('receipt.json', receipt.json);
  } catch (error) {
    seen.error = codeOf(error);
  }
  return seen;
}

test('every scenario is expected', () => {
  const names = readdirSync(scenarios)
    .filter((file) => file.endsWith('.json'))
    .map((file) => path.basename(file, '.json'));
  const wanted = names.filter((name) => !['expected', 'signature'].includes(name));
  assert.deepEqual(wanted.sort(), Object.keys(expected).sort());
});

for (const name of Object.keys(expected)) {
  test(`the documents are the expected bytes: ${name}`, async () => {
    assert.deepEqual(await run(prepare(name)), expected[name]);
  });
}
