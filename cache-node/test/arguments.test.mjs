// Whatever a call is given: it says in Cache's words which argument is wrong, and what promises rejects with it. Every call that
// native.d.ts declares is given wrong things, one in each place.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { runInNewContext } from 'node:vm';
import * as cache from '../index.mjs';
import { prepare } from './helper.mjs';

const declared = readFileSync(new URL('../native.d.ts', import.meta.url), 'utf8');

// `a: A, b?: B<C, D>` as names, types, and whether they may be left out.
function parameters(text) {
  let depth = 0;
  const parts = [''];
  for (const piece of text.replaceAll('=>', '⇒').match(/[<({[]|[>)}\]]|, |[^<({[>)}\],]+|,/g) ?? []) {
    if ('<({['.includes(piece)) depth += 1;
    if ('>)}]'.includes(piece)) depth -= 1;
    if (piece === ', ' && depth === 0) parts.push('');
    else parts[parts.length - 1] += piece;
  }
  return parts.filter((part) => part !== '').map((part) => {
    const [, name, left, type] = /^(\w+)(\?)?: (.*)$/.exec(part);
    return { name, optional: left === '?', type: type.replace(' | undefined | null', '') };
  });
}

// Every call: what it is, how it is called on something that is no object of its class, and whether it promises.
const calls = [];
for (const [, owner, body] of declared.matchAll(/^export declare class (\w+) \{\n(.*?)^\}/gms)) {
  const Made = cache[owner];
  for (const [, own, name, given, result] of body.matchAll(/^  (static )?(\w+)\((.*)\)(?:: (.*))?$/gm)) {
    const call = {
      constructor: (...all) => new Made(...all),
      static: (...all) => Made[name](...all),
      method: (...all) => Made.prototype[name].apply(Object.create(Made.prototype), all),
    }[name === 'constructor' ? name : own ? 'static' : 'method'];
    const called = name === 'constructor' ? `new ${owner}` : `${owner}.${name}`;
    calls.push({ called, call, takes: parameters(given), promises: result?.startsWith('Promise<') });
  }
}
for (const [, name, given, result] of declared.matchAll(/^export declare function (\w+)\((.*)\): (.*)$/gm)) {
  calls.push({ called: name, call: cache[name], takes: parameters(given), promises: result.startsWith('Promise<') });
}

const things = [
  {},
  'text',
  5,
  true,
  undefined,
  null,
  [],
  NaN,
  -1,
  10n,
  Symbol('s'),
  [5],
  () => {},
  Promise.resolve({}),
  Buffer.from('x'),
  new ArrayBuffer(1),
  new Uint16Array(1),
  new Date(),
  new Map(),
  new cache.Registries(),
  ...['AnswerDesk', 'Approval', 'Plan', 'Sbom'].map((name) => Object.create(cache[name].prototype)),
  AbortSignal.abort(),
];
const isPlain = (value) => typeof value === 'object' && Object.getPrototypeOf(value ?? []) === Object.prototype;
// Whether a thing is of a type, as far as it can be seen.
function isOf(type, value) {
  if (/\[\]$|^Array</.test(type)) return Array.isArray(value) && value.length === 0;
  if (type.includes('⇒') || type === 'Token') return typeof value === 'function';
  if (/^'|^string$|^KeyKind$|^ReportFormat$/.test(type)) return typeof value === 'string';
  if (type === 'number') return value === 5;
  if (type === 'boolean') return typeof value === 'boolean';
  if (type === 'Uint8Array') return Buffer.isBuffer(value);
  if (type === 'AbortSignal') return value instanceof AbortSignal;
  // A desk answers whatever headers a request has.
  if (type === 'Headers') return typeof value === 'object' || value === undefined;
  return typeof cache[type] === 'function' ? value instanceof cache[type] : isPlain(value);
}
const fits = ({ type, optional }, value) => (optional && (value ?? null) === null) || isOf(type, value);
const fitting = (takes) => takes.map((parameter) => things.find((thing) => fits(parameter, thing)));

const refused = (name) => (error) => {
  assert.ok(error instanceof cache.Invalid, String(error?.stack));
  assert.equal(error.code, 'INVALID');
  assert.ok(error.message.includes(name) && error.context.argument.startsWith(name), error.message);
  return true;
};
async function refuses({ called, call, promises }, given, name) {
  if (!promises) return assert.throws(() => call(...given), refused(name), called);
  let promised;
  assert.doesNotThrow(() => { promised = call(...given); }, called);
  await assert.rejects(promised, refused(name), called);
}

test('every call names the argument that is wrong', async () => {
  let count = 0;
  for (const it of calls) {
    for (const [i, parameter] of it.takes.entries()) {
      const before = fitting(it.takes.slice(0, i));
      for (const wrong of things.filter((thing) => !fits(parameter, thing))) {
        await refuses(it, [...before, wrong], parameter.name);
        count += 1;
      }
      if (!fits(parameter, undefined)) await refuses(it, before, parameter.name);
    }
  }
  assert.ok(calls.length > 80 && count > 2000, `${calls.length} calls, ${count} wrong arguments`);
});

test('every option is what it has to be', async () => {
  let count = 0;
  for (const it of calls) {
    const at = it.takes.findIndex(({ name }) => name === 'options');
    if (at < 0) continue;
    const before = fitting(it.takes.slice(0, at));
    const [, body] = new RegExp(`^export interface ${it.takes[at].type} \\{\\n(.*?)^\\}`, 'ms').exec(declared);
    for (const [, name, type] of body.matchAll(/^  (\w+)\?: (.*)$/gm)) {
      const option = { type: type.replaceAll('=>', '⇒').replace(/ \| undefined$/, ''), optional: true };
      for (const wrong of things.filter((thing) => !fits(option, thing))) {
        await refuses(it, [...before, { [name]: wrong }], `options.${name}`);
        count += 1;
      }
    }
    await refuses(it, [...before, { signl: undefined }], 'options');
  }
  assert.ok(count > 500, `${count} wrong options`);
});

test('what is inside of an argument is named by its place', async () => {
  const config = { source: 'oci:a', target: 'oci:b', environment: 'e', ledger: 'unused' };
  const round = {};
  round.again = [round];
  const wide = Array.from({ length: 60 }).reduce((inner) => ({ a: inner, b: inner }), {});
  for (const [more, place] of [
    [{ policy: () => {} }, 'config.policy'],
    [{ trustedKeys: [{ name: 'k', pem: Buffer.from('x') }] }, 'config.trustedKeys[0].pem'],
    [{ imagePolicies: ['a', undefined] }, 'config.imagePolicies[1]'],
    [{ clock: new Date() }, 'config.clock'],
    [{ approval: { required: Infinity } }, 'config.approval.required'],
    [{ approval: round }, 'config'],
    [{ approval: wide }, 'config'],
  ]) {
    assert.throws(() => new cache.Promoter({ ...config, ...more }), refused(place));
  }
  for (const [gates, place] of [
    [[null], 'gates[0]'],
    [[{ name: 'own', judge() {} }, { name: 'own' }], 'gates[1].judge'],
    [[{ judge() {} }], 'gates[0].name'],
  ]) {
    assert.throws(() => new cache.Promoter(config, gates), refused(place));
  }
  const promoter = new cache.Promoter({ ...config, policy: undefined }, [{ name: 'own', judge() {}, more: 1 }]);
  const request = { from: 'oci:a:v1', to: 'oci:b:v1', requester: 'ci' };
  for (const [given, place] of [
    [{ bytes: Buffer.from('{}') }, 'options.given[0].kind'],
    [{ kind: 'sbom', bytes: '{}' }, 'options.given[0].bytes'],
    [{ kind: 'sbom', path: 5 }, 'options.given[0].path'],
    [{ kind: 'sbom', file: 'a' }, 'options.given[0]'],
  ]) {
    await assert.rejects(promoter.plan(request, { given: [given] }), refused(place));
    assert.throws(() => cache.assess([given]), refused(place.replace('options.given', 'documents')));
  }
});

test('only what an object itself has counts, and it is asked once', async () => {
  const scenario = prepare('conflict');
  const promoter = new cache.Promoter(scenario.promoter);
  const inherits = (more) => Object.assign(Object.create(more), scenario.request);
  await assert.rejects(promoter.plan({ ...scenario.request, requester: undefined }), /requester/);
  for (const request of [inherits({ moveTags: true }), inherits({ movetags: true }), inherits(null)]) {
    await assert.rejects(promoter.plan(request, Object.create({ signl: 1 })), cache.Conflict);
  }
  assert.equal((await promoter.plan({ ...scenario.request, moveTags: true })).state, 'ready');
  await assert.rejects(promoter.plan(JSON.parse('{"__proto__": {"from": "a"}}')), /__proto__/);

  let asked = 0;
  const query = { get name() { return (asked += 1) > 1 ? () => {} : 'a'; } };
  assert.deepEqual(cache.Sbom.parse(Buffer.from('{"spdxVersion": "SPDX-2.3", "packages": []}')).find(query), []);
  assert.equal(asked, 1);
});

test('what others added to every object is in no argument', () => {
  const desk = new cache.AnswerDesk({ people: { 'slack:U1': 'alice' }, slackSecret: 's' });
  const gates = [{ name: 'own', judge() {} }];
  Object.prototype.helper = function () {};
  Object.prototype.clock = 'never';
  try {
    assert.ok(new cache.Promoter({ source: 'oci:a', target: 'oci:b', environment: 'e', ledger: 'unused' }, gates));
    assert.equal(desk.slack({ a: 'b' }, Buffer.from('x')).status, 403);
  } finally {
    delete Object.prototype.helper;
    delete Object.prototype.clock;
  }
});

test('null is the same as what is left out', async () => {
  const scenario = prepare('promote-signed');
  const promoter = new cache.Promoter(scenario.promoter, null, null);
  const options = { signal: null, given: null };
  assert.equal((await promoter.plan(scenario.request, options)).state, 'ready');
  const given = [{ kind: 'sbom', bytes: null, path: null }];
  await assert.rejects(promoter.plan(scenario.request, { given }), (error) => !/cannot take/.test(error.message));
  await assert.rejects(new cache.Registries(null).digest('oci:absent:v1', { platform: null }), cache.NotFound);
  const report = { kind: 'report', bytes: Buffer.from('{"scanner": "own", "packages": 1, "findings": []}'), path: null };
  const assessment = cache.assess([report], null);
  const left = assessment.write('table').toString();
  assert.equal(assessment.write('table', { width: null, location: null }).toString(), left);
  assert.ok((await cache.generateKey(null, null)).private.includes('BEGIN PRIVATE KEY'));
});

test('no value is in a message', async () => {
  const shown = (error) => `${error.message} ${error.hint} ${error.stack} ${JSON.stringify(error.context)}`;
  const silent = (error) => error instanceof cache.Invalid && !/s3cret|53637/.test(shown(error));
  const signer = { name: 'k', pem: ['s3cret', () => {}], password: 53637 };
  assert.throws(() => new cache.Promoter({ source: 'oci:a', target: 'oci:b', environment: 'e', signer }), silent);
  assert.throws(() => new cache.Promoter('s3cret'), silent);
  await assert.rejects(cache.generateKey('p256', 53637), silent);
  await assert.rejects(cache.generateKey('p256', ['s3cret']), silent);
});

test('only what Cache made is of its classes', async () => {
  for (const { called, call, takes, promises } of calls) {
    const given = fitting(takes);
    let done;
    try {
      done = call(...given);
      assert.equal(done instanceof Promise, Boolean(promises), called);
      await done;
    } catch (error) {
      assert.ok(error instanceof cache.CacheError, `${called}: ${error?.stack}`);
      assert.ok(!promises || done !== undefined, `${called} threw`);
    }
  }
  for (const [, owner, body] of declared.matchAll(/^export declare class (\w+) \{\n(.*?)^\}/gms)) {
    if (!body.includes('  constructor(')) assert.throws(() => new cache[owner](), cache.Invalid);
    for (const [, name] of body.matchAll(/^  get (\w+)\(/gm)) {
      assert.throws(() => Object.create(cache[owner].prototype)[name], cache.Invalid, `${owner}.${name}`);
    }
  }
  const promoter = new cache.Promoter({ source: 'oci:a', target: 'oci:b', environment: 'e', ledger: 'unused' });
  const { plan } = promoter;
  await assert.rejects(plan({}), cache.Invalid);
  await assert.rejects(promoter.execute(Object.create(cache.Plan.prototype), []), (error) => {
    assert.ok(error instanceof cache.Invalid && error.cause instanceof Error && error.cause.code === 'InvalidArg');
    return true;
  });
});

test('what another realm made is as good', async () => {
  const taken = (error) => error instanceof cache.CacheError && error.context.argument === undefined;
  assert.ok(new cache.Registries(runInNewContext('({ registries: [] })')));
  assert.ok(cache.mergeReports(runInNewContext('[]')));
  assert.throws(() => cache.Sbom.parse(runInNewContext('new Uint8Array([123])')), taken);
  await assert.rejects(cache.verify(runInNewContext('({ image: "oci:absent:v1", trustedKeys: [] })')), taken);
});
