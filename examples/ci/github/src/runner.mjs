// What a step says to the runner of GitHub Actions, in the ways that its documentation names: variables, files, and lines on stdout.
// A line on stdout can be a command to the runner, at its beginning (`::set-output`) and even in its middle (`##[add-mask]`), and most of
// what is printed here comes from outside. So nothing is printed but between `stop-commands` and a word that nobody can guess.
import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { Refused, explain } from '../../lib/config.mjs';

const env = process.env;

/** An input of the action. */
export function input(name, { required = false } = {}) {
  const value = (env[`INPUT_${name.replace(/ /g, '_').toUpperCase()}`] ?? '').trim();
  if (required && value === '') throw new Refused(`the input ${name} is needed`);
  return value;
}

/** An input of several lines. */
export const lines = (name) =>
  input(name)
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);

/** A variable that the runner sets for every step. */
export function given(name) {
  if (!env[name]) throw new Refused(`${name} is not set, so this is no step of GitHub Actions`);
  return env[name];
}

/** Sets an output. The runner ends the value at a line that is the delimiter, which therefore must not be guessed. */
export function setOutput(name, value) {
  const delimiter = `cache_${randomUUID()}`;
  appendFileSync(given('GITHUB_OUTPUT'), `${name}<<${delimiter}\n${value}\n${delimiter}\n`);
}

/** Adds to the summary of the job. */
export const summarise = (markdown) => appendFileSync(given('GITHUB_STEP_SUMMARY'), `${markdown}\n`);

/** Prints to the log. */
export function say(text) {
  const word = randomUUID();
  process.stdout.write(`::stop-commands::${word}\n${text}\n::${word}::\n`);
}

/** An error that is shown with the run. Data of a command is escaped, so it stays one line and no other command. */
function annotate(message) {
  const data = message.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A').replace(/##\[/g, '## [');
  process.stdout.write(`::error title=Cache::${data}\n`);
}

/** Runs an action, and tells the runner how it ended. `main` returns why the step fails, or nothing. */
export async function run(main) {
  try {
    const failure = await main();
    if (failure) fail(failure, 2);
  } catch (error) {
    const { exitCode, message } = explain(error);
    fail(message, exitCode);
  }
}

function fail(message, exitCode) {
  annotate(message);
  process.exitCode = exitCode;
}
