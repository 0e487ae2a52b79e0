// What the tests share: a prepared folder, and the scenarios.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
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
