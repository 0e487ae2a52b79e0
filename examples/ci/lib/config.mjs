// The one file with the rules of a promotion. It belongs to the repository and is reviewed there.
import { readFileSync } from 'node:fs';
/** What a person or a system did wrong; there is nothing to look up in a stack. */
export class Refused extends Error {
  name = 'Refused';
}

/** No approval, or none of this plan. */
export class NotApproved extends Refused {
  name = 'NotApproved';
}

/** A file of JSON, such as the configuration of a promoter (`PromoterConfig`), whose paths are relative to the working directory. */
export function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Refused(`${path} cannot be read: ${error.message}`);
  }
}

/** The reference of a tag (`v1`) or a digest (`sha256:…`) in a repository. */
export function referenceIn(repository, image) {
  if (/^sha(256|512):/.test(image)) return `${repository}@${image}`;
  if (/^[A-Za-z0-9_][\w.-]{0,127}$/.test(image)) return `${repository}:${image}`;
  throw new Refused(`neither a tag nor a digest: ${JSON.stringify(image)}`);
}

/** The repository of a reference with a tag or a digest. */
export const repositoryOf = (reference) => reference.replace(/@[^@/]*$/, '').replace(/:[^:/]*$/, '');

/** The words and the exit code of an error: 3 where an approval is missing, else 1. A fault of these programs is told with its place. */
export function explain(error) {
  const known = error instanceof Refused || typeof error.code === 'string'; // of Cache, of the system, of the command line
  if (!known) return { exitCode: 1, message: error.stack };
  const unapproved = error instanceof NotApproved || error.code === 'UNAPPROVED';
  const hint = error.hint ? `\n  ${error.hint}` : '';
  return { exitCode: unapproved ? 3 : 1, message: `${unapproved ? 'not approved: ' : ''}${error.message}${hint}` };
}
