#!/usr/bin/env node
// Makes keys, signs an image where it is, attests something about it, and verifies what is attached to it.
//
//     node sign.mjs key KIND PREFIX                        writes PREFIX.key, encrypted, and PREFIX.pub
//     node sign.mjs image REFERENCE --key PREFIX.key       signs
//     node sign.mjs attest REFERENCE --key PREFIX.key --type spdx --predicate sbom.json
//     node sign.mjs verify REFERENCE --key PREFIX.pub      says what verifies; --type asks for an attestation of this type
//
// Without a key of one's own, --keyless ambient --services FILE --root FILE in the place of --key signs with the identity token of
// this job (GitHub Actions, GitLab), --keyless PATH with the one in a file; the other two are a signing configuration and a trusted
// root of Sigstore. Such signatures are verified with --subject WHO --issuer WHO --root FILE.
//
// The password of keys is in the variable COSIGN_PASSWORD. It asks at the terminal before it writes; without one, --approve
// PLAN_DIGEST is the answer. Exit codes: 0 done or nothing to do, 1 error, 3 not approved.
import { writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { parseArgs } from 'node:util';
import { CacheError, Promoter, Unapproved, generateKey, verify } from 'cache-guardian';

const text = { type: 'string' };
const names = ['key', 'keyless', 'services', 'root', 'subject', 'issuer', 'type', 'predicate', 'approve'];
const { values: asked, positionals } = parseArgs({
  options: Object.fromEntries(names.map((name) => [name, text])),
  allowPositionals: true,
});

try {
  process.exitCode = await main(...positionals);
} catch (error) {
  if (!(error instanceof CacheError)) throw error;
  console.error(`error: ${error.message}${error.hint ? `\n  ${error.hint}` : ''}`);
  process.exitCode = error instanceof Unapproved ? 3 : 1;
}

async function main(what, ...rest) {
  if (what === 'key') return makeKey(...rest);
  if (what === 'image') return attach(rest[0], { kind: 'signature' });
  if (what === 'attest') return attach(rest[0], { kind: 'attestation', type: asked.type, path: asked.predicate });
  if (what === 'verify') return show(rest[0]);
  console.error('usage: sign.mjs key|image|attest|verify, as its source says');
  return 1;
}

async function makeKey(kind, prefix) {
  const password = process.env.COSIGN_PASSWORD;
  if (!password) {
    console.error('error: COSIGN_PASSWORD is not set');
    return 1;
  }
  const made = await generateKey(kind, password);
  writeFileSync(`${prefix}.key`, made.private, { mode: 0o600, flag: 'wx' });
  writeFileSync(`${prefix}.pub`, made.public);
  return 0;
}

function signer() {
  if (asked.keyless === undefined) return { name: 'key', path: asked.key, passwordEnv: 'COSIGN_PASSWORD' };
  const services = { signingConfig: asked.services, trustedRoot: asked.root };
  return { keyless: asked.keyless === 'ambient' ? 'ambient' : { file: asked.keyless }, services };
}

// Plans, has a person approve, and executes.
async function attach(image, attachment) {
  const repository = image.split('@')[0].replace(/:[^:]*$/, '');
  const promoter = new Promoter({
    source: repository,
    target: repository,
    environment: 'here',
    signer: signer(),
  });
  const { plan } = await promoter.planAttaching({ image, requester: 'the sign example', attach: [attachment] });
  if (plan === null) {
    console.log('Already so');
    return 0;
  }
  const approval = await approve(plan);
  if (approval === null) return 3;
  const receipt = await promoter.execute(plan, [approval]);
  console.log(receipt.render());
  return receipt.complete ? 0 : 1;
}

async function approve(plan) {
  const approver = userInfo().username;
  if (asked.approve === undefined && process.stdin.isTTY) return plan.approveOnTerminal(approver);
  if (asked.approve === plan.digest) return plan.approveByCallback(() => ({ decision: 'approve', approver }));
  console.log(`${plan.render()}\nNot approved. Approve it with\n  --approve ${plan.digest}`);
  return null;
}

async function show(image) {
  const { key, subject, issuer, root } = asked;
  const whom = key
    ? { trustedKeys: [{ name: 'key', path: key }] }
    : { trustedSigners: [{ name: 'keyless', identities: [{ subject, issuer }] }], trustedRoot: root };
  // Without a type, a signature is asked for.
  const seen = await verify({ image, ...whom, ...(asked.type && { attestation: asked.type }) });
  const name = (by) => by.subject ?? by.name;
  for (const { about, by, found } of seen.signatures) console.log(`${about} signed by ${name(by)}, found as ${found}`);
  for (const { value, about, by } of seen.statements) console.log(`${value.predicateType} about ${about} by ${name(by)}`);
  for (const { what, digest, message } of seen.problems) console.log(`not counted: ${what} ${digest}: ${message}`);
  return 0;
}
