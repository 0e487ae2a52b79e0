// The files that a job leaves.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Where the evidence lies that was handed in for a plan: beside it. */
export const givenBeside = (plan) => path.join(path.dirname(plan), 'given.json');

/** A folder to write into, which is made; `files` has the path of each kind that is kept there. */
export function leaveIn(folder) {
  mkdirSync(folder, { recursive: true });
  const files = {};
  const keep = (kind, name, content) => {
    files[kind] = path.join(folder, name);
    writeFileSync(files[kind], content);
  };
  return { files, keep };
}
