#!/usr/bin/env node
// Looks after a registry: asks what it keeps, and changes it: what is there, what would be, an approval, the change.
//
//     node upkeep.mjs --registry registry.json --ask '{"kind": "projects"}'
//     node upkeep.mjs --registry registry.json --environment prod --do '{"kind": "set-policy", "policy": "quota", ...}'
//     node upkeep.mjs ... --do ... --approve PLAN_DIGEST   carries out the plan that was shown
//
// registry.json says which system the registry is: {"host": "harbor.example.com", "system": "harbor", "login": {...}}.
//
// Without --approve it asks at the terminal; where there is none, it is a dry run. Exit codes: 0 done or nothing to do, 1 error
// or incomplete, 3 not approved.
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { parseArgs } from 'node:util';
import { Administrator, Unapproved } from 'cache-guardian';

const text = { type: 'string' };
const options = {
  registry: text,
  environment: { type: 'string', default: 'prod' },
  ask: text,
  do: { type: 'string', multiple: true },
  ledger: text,
  approve: text,
};

async function main() {
  const { registry: file, environment, ask, do: actions = [], ledger, approve: digest } = parseArgs({ options }).values;
  if (!file) throw new Error('--registry is needed');
  const registry = JSON.parse(readFileSync(file, 'utf8'));
  const administrator = new Administrator({ registry, environment, ...(ledger && { ledger }) });
  if (ask) {
    console.log(JSON.stringify(await administrator.ask(JSON.parse(ask)), null, 2));
    return 0;
  }

  const wishes = actions.map((action) => ({ action: JSON.parse(action) }));
  const plan = await administrator.plan({ requester: 'upkeep.mjs', what: 'upkeep by hand', wishes });
  if (plan === null) {
    console.log('All of it is so already.');
    return 0;
  }
  const approval = await approve(plan, digest);
  if (approval === null) return 3;
  const carried = await administrator.execute(plan, [approval]);
  console.log(carried.receipt.render());
  for (const { name, secret } of carried.issued) console.log(`${name}: ${secret}`);
  return carried.complete ? 0 : 1;
}

// A person reads the plan and says yes to its digest, now or on the command line.
async function approve(plan, digest) {
  const approver = userInfo().username;
  if (digest === undefined && process.stdin.isTTY) return plan.approveOnTerminal(approver);
  console.log(plan.render());
  if (digest === plan.digest) return plan.approveByCallback(() => ({ decision: 'approve', approver }));
  console.log(`\nA dry run: nothing was changed. Approve it with\n  --approve ${plan.digest}`);
  return null;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Unapproved ? `not approved: ${error.message}` : `error: ${error.message}`);
  if (error.hint) console.error(`  ${error.hint}`);
  process.exitCode = error instanceof Unapproved ? 3 : 1;
}
