// The upkeep of a registry: what it keeps, and changes of that under an approval.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { Administrator, AnswerDesk, Invalid, Unapproved, Unsupported } from '../index.mjs';
import { asked, chat, example, press, slackSecret } from './helper.mjs';

// A project, its quota and its robots, as Harbor's interface has them.
let storage = -1;
const robots = [];
const harbor = createServer(async (request, response) => {
  const project = { project_id: 7, name: 'p', repo_count: 0, metadata: {} };
  const answers = {
    '/projects': [project],
    '/projects/p': project,
    '/quotas': [{ id: 5, hard: { storage }, used: { storage: 10 } }],
    '/robots': robots,
  };
  let body = '';
  for await (const piece of request) body += piece;
  const reply = (status, data) => response.writeHead(status).end(JSON.stringify(data));
  if (request.method === 'PUT') {
    storage = JSON.parse(body).hard.storage;
    return reply(200, {});
  }
  if (request.method === 'POST') {
    const { name: asked, permissions } = JSON.parse(body);
    const name = `robot$p+${asked}`;
    robots.push({ id: 1, name, permissions });
    return reply(201, { id: 1, name, secret: 'given-once' });
  }
  const found = answers[request.url.split('?')[0].replace('/api/v2.0', '')];
  return reply(found ? 200 : 404, found ?? {});
});
harbor.listen(0, '127.0.0.1');
await once(harbor, 'listening');
after(() => {
  harbor.closeAllConnections();
  harbor.close();
});

const host = `127.0.0.1:${harbor.address().port}`;
const registry = {
  host,
  system: 'harbor',
  api: `http://${host}/api/v2.0`,
  login: { user: 'robot$ci', password: 'hunter2' },
};
const folder = mkdtempSync(path.join(tmpdir(), 'cache-upkeep-'));
const administrator = () => new Administrator({ registry, environment: 'prod', ledger: path.join(folder, 'ledger') });
const scope = { project: { registry: host, name: 'p' } };
const quota = (bytes) => ({ kind: 'set-policy', policy: 'quota', scope, to: { storage: bytes } });
const ask = (...actions) => ({ requester: 'ci', what: 'upkeep', wishes: actions.map((action) => ({ action })) });
const approved = (plan) => plan.approveByCallback(() => ({ decision: 'approve', approver: 'alice' }));

test('a registry is asked', async () => {
  const upkeep = administrator();
  assert.equal((await upkeep.ask({ kind: 'projects' }))[0].name, 'p');
  assert.deepEqual(await upkeep.ask({ kind: 'quota', project: 'p' }), { id: 5, limit: null, used: 10 });
  const standing = await upkeep.ask({ kind: 'standing', action: quota(1000) });
  assert.deepEqual(standing, { now: { storage: -1 }, settled: false, effects: [] });
  await assert.rejects(upkeep.ask({ kind: 'storage' }), Unsupported);
  await assert.rejects(upkeep.ask({ kind: 'secrets' }), Invalid);
  const reason = new Error('enough');
  const signal = AbortSignal.abort(reason);
  await assert.rejects(upkeep.ask({ kind: 'projects' }, { signal }), (error) => error === reason);
});

test('a change is planned, approved and made once', async () => {
  const upkeep = administrator();
  const plan = await upkeep.plan(ask(quota(1000)));
  assert.equal(storage, -1);
  await assert.rejects(upkeep.execute(plan, []), Unapproved);
  const approvals = [await approved(plan)];
  const carried = await upkeep.execute(plan, approvals);
  assert.ok(carried.complete, carried.receipt.render());
  assert.deepEqual([storage, carried.issued], [1000, []]);
  assert.match(String(carried), /^Carried by sha256:[0-9a-f]{64}, complete$/);
  assert.deepEqual(JSON.parse(JSON.stringify(carried)), { complete: true, receipt: carried.receipt.data });
  assert.equal((await upkeep.journal(plan.digest)).toString().split('\n').length, 3 + plan.data.changes.length);
  await assert.rejects(upkeep.execute(plan, approvals), Unapproved);
  assert.equal(await upkeep.plan(ask(quota(1000))), null);
});

test('a secret is given once', async () => {
  const grants = [{ resource: 'repository', action: 'pull' }];
  const upkeep = administrator();
  const plan = await upkeep.plan(ask({ kind: 'create-account', scope, name: 'ci', grants, days: 30 }));
  const { issued, receipt } = await upkeep.execute(plan, [await approved(plan)]);
  assert.deepEqual(issued, [{ name: 'robot$p+ci', secret: 'given-once' }]);
  assert.doesNotMatch(receipt.render(), /given-once/);
});

test('the example', async () => {
  const file = path.join(folder, 'registry.json');
  writeFileSync(file, JSON.stringify(registry));
  const script = example('upkeep.mjs');
  const run = async (...more) => {
    const child = spawn(process.execPath, [script, '--registry', file, '--ledger', path.join(folder, 'ledger'), ...more], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    for await (const piece of child.stdout) said += piece;
    if (child.exitCode === null) await once(child, 'exit');
    return [child.exitCode, said];
  };
  const [code, listed] = await run('--ask', '{"kind": "projects"}');
  assert.deepEqual([code, JSON.parse(listed)[0].name], [0, 'p']);
  const change = ['--do', JSON.stringify(quota(2000))];
  const [dry, said] = await run(...change);
  assert.equal(dry, 3, said);
  assert.match(said, /now: \{"storage":1000\}/);
  const [done, receipt] = await run(...change, '--approve', said.trim().split(/\s/).at(-1));
  assert.equal(done, 0, receipt);
  assert.equal(storage, 2000);
  assert.deepEqual(await run(...change), [0, 'All of it is so already.\n']);
});

test('people are asked', async () => {
  const approval = { accept: ['webhook'] };
  const upkeep = new Administrator({ registry, environment: 'prod', ledger: path.join(folder, 'ledger'), approval });
  const plan = await upkeep.plan(ask(quota(storage + 1000)));
  const desk = new AnswerDesk({ people: { 'slack:U1': 'alice' }, slackSecret });
  const { server, url } = await chat((message) => desk.slack(...press(asked(message))));
  const whom = { ask: [{ kind: 'slack', url }], giveUpAfterSeconds: 30 };
  const approvals = await upkeep.askPeople(plan, desk, whom);
  assert.ok((await upkeep.execute(plan, approvals)).complete);
  const stopped = upkeep.askPeople(plan, desk, whom, { signal: AbortSignal.abort() });
  await assert.rejects(stopped, { name: 'AbortError' });
  server.close();
});
