// What the tests share: a prepared folder, and the scenarios.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';

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
