// People are asked in their chats, and their signed answers are approvals.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { AnswerDesk, Invalid, Promoter, Unapproved, alert, parseReport } from '../index.mjs';
import { asked, chat, example, prepare, press, slackSecret } from './helper.mjs';

const people = { 'slack:U1': 'alice', 'slack:U2': 'bob' };

async function planned(approval = {}) {
  const { promoter: { clock, ...config }, request } = prepare('promote-signed');
  const promoter = new Promoter({ ...config, approval: { accept: ['webhook'], ...approval } });
  return { promoter, plan: (await promoter.plan(request)).plan };
}

test('answers are approvals', async () => {
  const { promoter, plan } = await planned({ required: 2 });
  const desk = new AnswerDesk({ people, slackSecret });
  const { server, url } = await chat((message) => {
    for (const user of ['U1', 'U9', 'U2']) {
      assert.equal(desk.slack(...press(asked(message), 'cache-approve', user)).status, user === 'U9' ? 403 : 200);
    }
  });
  const approvals = await promoter.ask(plan, desk, { ask: [{ kind: 'slack', url }], giveUpAfterSeconds: 30 });
  server.close();
  assert.deepEqual(approvals.map(({ approver, kind }) => [approver, kind]), [['alice', 'webhook'], ['bob', 'webhook']]);
  assert.ok((await promoter.execute(plan, approvals)).complete);
});

test('a denial, silence and a signal', async () => {
  const { promoter, plan } = await planned();
  const desk = new AnswerDesk({ people, slackSecret });
  let answer = () => {};
  const { server, url } = await chat((message) => answer(message));
  const whom = { ask: [{ kind: 'slack', url }], giveUpAfterSeconds: 1 };
  await assert.rejects(promoter.ask(plan, desk, whom), Unapproved);
  const stop = new AbortController();
  answer = () => stop.abort(new Error('enough'));
  await assert.rejects(promoter.ask(plan, desk, { ...whom, giveUpAfterSeconds: 30 }, { signal: stop.signal }), /enough/);
  answer = (message) => desk.slack(...press(asked(message), 'cache-deny'));
  const approvals = await promoter.ask(plan, desk, { ...whom, giveUpAfterSeconds: 30 });
  server.close();
  assert.deepEqual(approvals.map(({ decision }) => decision), ['deny']);
  await assert.rejects(promoter.execute(plan, approvals), Unapproved);
});

test('what is not signed or not configured is refused', () => {
  const desk = new AnswerDesk({ people, slackSecret });
  const [headers, body] = press(`sha256:${'0'.repeat(64)}`);
  assert.equal(desk.slack({ ...headers, 'X-Slack-Signature': `v0=${'0'.repeat(64)}` }, body).status, 403);
  assert.equal(desk.slack(headers, body, '2020-01-01T00:00:00Z').status, 403);
  assert.equal(desk.teams({}, Buffer.from('{}')).status, 403);
  assert.equal(desk.slack(headers, body).status, 404);
  for (const config of [{ people }, { people: {}, slackSecret }, { people: { U1: 'a' }, slackSecret }]) {
    assert.throws(() => new AnswerDesk(config), (error) => error instanceof Invalid && !error.message.includes(slackSecret));
  }
});

test('an alert tells what was found', async () => {
  const told = [];
  const { server, url } = await chat((message) => told.push(JSON.stringify(message)));
  const found = { VulnerabilityID: 'CVE-2026-1', PkgName: 'a', InstalledVersion: '1', Severity: 'CRITICAL' };
  const results = [{ Target: 't', Class: 'os-pkgs', Type: 'debian', Vulnerabilities: [found] }];
  const report = parseReport(Buffer.from(JSON.stringify({ SchemaVersion: 2, Results: results })));
  const channels = { ask: [{ kind: 'slack', url }] };
  await alert(channels, { image: `docker://registry.test/app@sha256:${'0'.repeat(64)}`, report });
  server.close();
  assert.match(told.join(), /CVE-2026-1/);
  await assert.rejects(alert(channels, { image: 'docker://registry.test/app:v1', report }), Invalid);
});

test('the example promotes when somebody says yes', async () => {
  const { promoter } = prepare('promote-signed');
  writeFileSync('policy.yaml', promoter.policy);
  let message;
  const comes = new Promise((resolve) => { message = resolve; });
  const { server, url } = await chat(message);
  const given = ['--from', 'oci:source', '--to', 'oci:target', '--tag', 'v1', '--key', 'keys/release.pub'];
  const more = ['--environment', 'staging', '--policy', 'policy.yaml', '--person', 'slack:U1=alice', '--port', '0'];
  const env = { ...process.env, XDG_STATE_HOME: path.resolve('state'), SLACK_WEBHOOK: url, SLACK_SECRET: slackSecret };
  const running = spawn(process.execPath, [example('ask.mjs'), ...given, ...more], { env });
  let shown = '';
  const port = new Promise((resolve) => {
    running.stdout.on('data', (data) => {
      shown += data;
      const found = /port (\d+)/.exec(shown);
      if (found) resolve(found[1]);
    });
  });
  running.stderr.on('data', (data) => { shown += data; });
  const ended = new Promise((resolve) => running.on('close', resolve));
  const [headers, body] = press(asked(await comes));
  const answer = await fetch(`http://127.0.0.1:${await port}/slack`, { method: 'POST', headers, body });
  assert.match(await answer.text(), /alice approved/);
  assert.equal(await ended, 0, shown);
  server.close();
  assert.match(shown, /complete/);
});

test('whatever headers a request has, a desk answers', () => {
  const desk = new AnswerDesk({ people, slackSecret });
  for (const headers of [{ 'set-cookie': ['a=b', 'c=d'], host: 'x', odd: undefined }, new Headers({ a: 'b' }), {}, undefined]) {
    assert.equal(desk.slack(headers, Buffer.from('payload={}')).status, 403, String(headers));
  }
});
