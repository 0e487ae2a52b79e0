// One class for each kind of error, from `import` and from `require`.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import * as cache from '../index.mjs';
import { prepare } from './helper.mjs';

const required = createRequire(import.meta.url)('../index.cjs');

test('every kind has its class and no class is left over', () => {
  const made = Object.values(required).filter((value) => value.prototype instanceof cache.CacheError);
  assert.deepEqual(
    made.map((kind) => kind.code),
    cache.errorKinds(),
  );
  for (const kind of made) {
    const error = new kind('message');
    assert.equal(error.code, kind.code);
    assert.equal(cache[kind.name], kind);
  }
});

test('an application may make errors too', () => {
  const cause = new RangeError('cause');
  const error = new cache.Invalid('message', { hint: 'hint', context: { a: 'b' }, cause });
  assert.deepEqual([error.name, error.hint, error.context, error.cause], ['Invalid', 'hint', { a: 'b' }, cause]);
  class Own extends cache.CacheError {}
  class Strict extends cache.Invalid {}
  assert.deepEqual([new Own('m').code, new Strict('m').code], ['UNEXPECTED', 'INVALID']);
});

test('import and require give the same', () => {
  const names = Object.keys(cache);
  assert.deepEqual(names.sort(), Object.keys(required).sort());
  for (const name of names) assert.equal(cache[name], required[name]);
});

test('an error of the core says where, why and what to do', async () => {
  const scenario = prepare('conflict');
  const promoter = new cache.Promoter(scenario.promoter);
  await assert.rejects(promoter.plan(scenario.request), (error) => {
    assert.ok(error instanceof cache.Conflict);
    assert.equal(error.code, 'CONFLICT');
    assert.equal(error.context.target, 'oci:target');
    assert.ok(error.hint);
    return true;
  });
});

test('a cause is kept', () => {
  const broken = Buffer.from('{');
  assert.throws(() => cache.Plan.fromJson(broken), (error) => {
    assert.ok(error instanceof cache.Invalid);
    assert.ok(error.cause instanceof Error);
    return true;
  });
});

test('a field that is not known is named', () => {
  const config = { source: 'oci:a', target: 'oci:b', environment: 'e', polcy: '' };
  assert.throws(() => new cache.Promoter(config), (error) => error instanceof cache.Invalid && /polcy/.test(error.message));
});

test('what is wrong has its place and is said in words', () => {
  const config = { source: 'oci:a', target: 'oci:b', environment: 'e', approval: { approvers: ['alice'] } };
  const words = 'the configuration is not valid: approval.approvers[0]: expected an object, not text';
  assert.throws(() => new cache.Promoter(config), (error) => error instanceof cache.Invalid && error.message.includes(words));
});

test('what only the core finds wrong names its argument too', async () => {
  const config = { source: 'oci:a', target: 'oci:b', environment: 'e', ledger: 'unused' };
  const request = { from: 'oci:a:v1', to: 'oci:b:v1', requester: 'ci' };
  const promoter = new cache.Promoter(config);
  const sbom = cache.Sbom.parse(Buffer.from('{"spdxVersion": "SPDX-2.3", "packages": []}'));
  const report = { scanner: 'own', findings: [{ id: 5 }] };
  for (const [call, argument, words] of [
    [() => new cache.Promoter({ ...config, approval: { required: -1 } }), 'config.approval.required', 'approval.required: '],
    [() => new cache.Promoter({ ...config, polcy: '' }), 'config.polcy', 'polcy'],
    [() => new cache.Scanner({ database: 5 }), 'config.database', 'the configuration is not valid: database: '],
    [() => promoter.plan({ ...request, moveTags: 'yes' }), 'request.moveTags', 'moveTags: '],
    [() => promoter.plan({ ...request, requester: undefined }), 'request', 'requester'],
    [() => promoter.planBreakingGlass(request, { justification: 5 }), 'breakGlass.justification', 'breakGlass'],
    [() => sbom.find({ name: 1 }), 'query.name', 'name: '],
    [() => cache.mergeReports([report]), 'reports[0].findings[0].id', '[0].findings[0].id: '],
    [() => cache.alert({ ask: 5 }, { image: 'a', report }), 'channels.ask', 'ask: '],
    [() => cache.explainPolicy('quay', ''), 'vendor', 'vendor'],
  ]) {
    await assert.rejects(async () => call(), (error) => {
      assert.ok(error instanceof cache.Invalid, String(error));
      assert.equal(error.context.argument, argument, error.message);
      assert.ok(error.message.includes(words) && !error.message.includes('(argument'), error.message);
      return true;
    });
  }
});

test('a private key is in no message', () => {
  const secret = 'c2VjcmV0';
  const pem = `-----BEGIN PRIVATE KEY-----\n${secret}\n-----END PRIVATE KEY-----\n`;
  const config = { source: 'oci:a', target: 'oci:b', environment: 'e', signer: { name: 'k', pem } };
  assert.throws(() => new cache.Promoter(config), (error) => {
    assert.ok(error instanceof cache.CacheError);
    assert.ok(!`${error} ${error.cause} ${JSON.stringify(error.context)}`.includes(secret));
    return true;
  });
});

test('what is no option is refused', async () => {
  const registries = new cache.Registries();
  for (const [options, words] of [
    ['linux/arm64', /options is a text/],
    [{ plattform: 'linux/arm64' }, /options has no plattform/],
    [[{ kind: 'sbom', path: 'a' }], /options is a list/],
  ]) {
    await assert.rejects(registries.digest('oci:absent:v1', options), (error) => {
      assert.ok(error instanceof cache.Invalid);
      assert.match(error.message, words);
      return true;
    });
  }
  await assert.rejects(registries.digest('oci:absent:v1', { platform: 'linux/arm64' }), cache.NotFound);
  await assert.rejects(registries.digest('oci:absent:v1', null), cache.NotFound);
});
