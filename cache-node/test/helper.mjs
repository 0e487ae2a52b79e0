// What the tests share: a prepared folder, the scenarios, and a chat in which people are asked.
import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const root = fileURLToPath(new URL('../..', import.meta.url));
export const scenarios = path.join(root, 'examples', 'scenarios');
const work = path.join(root, 'target', 'node-scenarios');
let count = 0;

export const load = (file) => JSON.parse(readFileSync(file, 'utf8'));

// Prepares a scenario in a folder of its own, goes there and returns it.
export function prepare(name) {
  const folder = path.join(work, `${process.pid}-${(count += 1)}`, name);
  execFileSync(process.env.CACHE_MAKE_LAYOUT, [name, folder]);
  process.chdir(folder);
  return load(path.join(scenarios, `${name}.json`));
}

// An empty folder.
export function place() {
  mkdirSync(work, { recursive: true });
  return mkdtempSync(path.join(work, 'place-'));
}

// The path of an example, beside the package that it imports, as in the project of a user.
export function example(name) {
  const project = path.join(root, 'target', 'node-scenarios', `${process.pid}-example`);
  mkdirSync(path.join(project, 'node_modules'), { recursive: true });
  symlinkSync(path.join(root, 'cache-node'), path.join(project, 'node_modules', 'cache-guardian'), 'junction');
  copyFileSync(path.join(root, 'examples', 'node', name), path.join(project, name));
  return path.join(project, name);
}

export const slackSecret = '8f742231b10e8888abcd99yyyzzz85a5';

// The press of a button, as Slack sends and signs it.
export function press(plan, action = 'cache-approve', user = 'U1') {
  const payload = { type: 'block_actions', user: { id: user }, actions: [{ action_id: action, value: plan }] };
  const body = Buffer.from(`payload=${encodeURIComponent(JSON.stringify(payload))}`);
  const at = String(Math.floor(Date.now() / 1000));
  const signature = createHmac('sha256', slackSecret).update(`v0:${at}:`).update(body).digest('hex');
  return [{ 'X-Slack-Request-Timestamp': at, 'X-Slack-Signature': `v0=${signature}` }, body];
}

// A local server that takes messages as Slack does, and tells of each.
export async function chat(told) {
  const server = createServer(async (request, response) => {
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    response.end('ok');
    told(JSON.parse(Buffer.concat(pieces)));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${server.address().port}/hook` };
}

// The plan that a message asks about: the value of its buttons.
export const asked = (message) => message.blocks.find(({ type }) => type === 'actions').elements[0].value;

// Does the work while garbage is collected all the time, as it is sooner or later.
export async function collecting(work) {
  setFlagsFromString('--expose-gc');
  const timer = setInterval(runInNewContext('gc'), 5);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
