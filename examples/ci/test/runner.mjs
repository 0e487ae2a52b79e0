// A runner of GitHub Actions as far as an action sees one: inputs and variables in the environment, files for what comes back, and
// commands among the lines of the log.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import yaml from 'js-yaml';
import { root, run } from './helper.mjs';

const actions = path.join(root, 'target', 'ci-actions');

/** Runs an action in a project, as `action.yml` says. */
export async function act(name, folder, inputs, { api = 'http://127.0.0.1:9', actor = 'bob', env = {} } = {}) {
  const file = path.join(actions, name, 'action.yml');
  const action = yaml.load(readFileSync(file, 'utf8'));
  assert.equal(action.runs.using, 'node24');
  const temp = mkdtempSync(path.join(path.dirname(folder), 'runner-'));
  const files = Object.fromEntries(['output', 'summary', 'event'].map((kind) => [kind, path.join(temp, kind)]));
  for (const one of Object.values(files)) writeFileSync(one, '');
  writeFileSync(files.event, JSON.stringify({ inputs }));
  mkdirSync(path.join(temp, 'temp'));
  const { status, log } = await run(process.execPath, [path.join(path.dirname(file), action.runs.main)], {
    cwd: folder,
    env: {
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      GITHUB_ACTOR: actor,
      GITHUB_TRIGGERING_ACTOR: actor,
      GITHUB_API_URL: api,
      GITHUB_SERVER_URL: 'https://github.example',
      GITHUB_REPOSITORY: 'team/app',
      GITHUB_RUN_ID: '4711',
      GITHUB_RUN_ATTEMPT: '1',
      GITHUB_EVENT_NAME: 'workflow_dispatch',
      GITHUB_EVENT_PATH: files.event,
      GITHUB_OUTPUT: files.output,
      GITHUB_STEP_SUMMARY: files.summary,
      GITHUB_WORKSPACE: folder,
      RUNNER_TEMP: path.join(temp, 'temp'),
      RUNNER_OS: 'Linux',
      ...inputsOf(action, inputs),
      ...env,
    },
  });
  const outputs = readOutputs(readFileSync(files.output, 'utf8'));
  for (const output of Object.keys(outputs)) assert.ok(output in action.outputs, `${output} is no output of ${name}`);
  return { status, log, outputs, summary: readFileSync(files.summary, 'utf8'), commands: commands(log) };
}

// Inputs are variables with their names in capitals; those of the file have a default.
function inputsOf(action, inputs) {
  for (const name of Object.keys(inputs)) assert.ok(name in action.inputs, `${name} is no input`);
  const known = Object.entries(action.inputs).map(([name, one]) => {
    const value = inputs[name] ?? String(one.default ?? '');
    return [`INPUT_${name.toUpperCase()}`, value.replace('${{ github.token }}', 'secret-token')];
  });
  return Object.fromEntries(known);
}

/** The outputs in a file of `GITHUB_OUTPUT`: `name=value`, or `name<<delimiter` and lines until the delimiter. */
export function readOutputs(text) {
  const outputs = {};
  const lines = text.split('\n');
  while (lines.length > 0) {
    const line = lines.shift();
    if (line === '') continue;
    const [, name, delimiter] = /^([^=]*?)<<(.*)$/.exec(line) ?? [];
    if (name === undefined) {
      const at = line.indexOf('=');
      assert.ok(at > 0, `the runner takes no such line: ${line}`);
      outputs[line.slice(0, at)] = line.slice(at + 1);
      continue;
    }
    const end = lines.indexOf(delimiter);
    assert.ok(end >= 0, `no end of ${name}`);
    outputs[name] = lines
      .splice(0, end + 1)
      .slice(0, -1)
      .join('\n');
  }
  return outputs;
}

/**
 * The commands that a runner obeys in a log. The newer form begins a line, the older one stands anywhere in it; while commands are
 * stopped, only the word that begins them again is one.
 */
export function commands(log) {
  const obeyed = [];
  let stopped = null;
  for (const line of log.split(/\r\n|\r|\n/)) {
    const [, name, data] =
      /^\s*::([^\s:]+)(?: .*?)?::(.*)$/.exec(line) ?? /##\[([^\s\]]+)[^\]]*\](.*)$/.exec(line) ?? [];
    if (name === undefined) continue;
    if (stopped !== null) {
      if (name === stopped) stopped = null;
      continue;
    }
    if (name === 'stop-commands') stopped = data;
    else obeyed.push([name, data]);
  }
  assert.equal(stopped, null, 'commands are taken again at the end');
  return obeyed;
}

/** GitHub's interface, as far as it says who reviewed a run. */
export async function github(t, reviews, status = 200) {
  const asked = [];
  const server = createServer((request, response) => {
    asked.push([request.method, request.url, request.headers.authorization]);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(status === 200 ? reviews : { message: 'Resource not accessible by integration' }));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${server.address().port}`, asked };
}

/** A review of a run, in GitHub's form. */
export const review = (login, comment, { state = 'approved', environment = 'prod' } = {}) => ({
  state,
  comment,
  environments: [{ id: 1, name: environment }],
  user: { login, id: 7, type: 'User' },
});
