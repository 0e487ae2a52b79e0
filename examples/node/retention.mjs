#!/usr/bin/env node
// Cleans up repositories: what goes and why, an approval, the deletion, and the way back.
//
//     node retention.mjs --repository docker://HOST/dev/app --policy policy.yaml --environment dev [--inventory FILE]
//     node retention.mjs ... --approve PLAN_DIGEST   carries out the plan that was shown
//     node retention.mjs ... --restore FILE          puts back what a plan deleted
//
// Without --approve it asks at the terminal; where there is none, it is a dry run. Exit codes: 0 done or nothing to do, 1 error
// or incomplete, 2 refused by a limit, 3 not approved.
import { userInfo } from 'node:os';
import { parseArgs } from 'node:util';
import { Retention, Unapproved } from 'cache-guardian';

const text = { type: 'string' };
const many = { type: 'string', multiple: true };
const options = {
  repository: many,
  policy: text,
  environment: text,
  inventory: many,
  untag: text,
  ledger: text,
  approve: text,
  restore: text,
};

async function main() {
  const asked = parseArgs({ options }).values;
  const { repository: repositories, policy, environment, inventory = [], untag, ledger } = asked;
  if (!repositories || !policy || !environment) throw new Error('--repository, --policy and --environment are needed');
  const inventories = inventory.map((file) => ({ file }));
  const retention = new Retention({ repositories, policy, environment, inventories, untag, ledger });
  if (asked.restore) return restore(retention, asked.restore, asked.approve);

  const { state, plan, refusals, data } = await retention.plan({ requester: 'cleaner' });
  show(data);
  for (const why of refusals) console.log(`REFUSED: ${why}`);
  if (plan === null) return state === 'nothing' ? 0 : 2;
  const approval = await approve(plan, asked.approve);
  if (approval === null) return 3;
  const cleaned = await retention.execute(plan, [approval], { dryRun: false });
  console.log(cleaned.render());
  return cleaned.complete ? 0 : 1;
}

async function restore(retention, file, digest) {
  const plan = await retention.planRestore({ file, requester: 'cleaner' });
  if (plan === null) {
    console.log('Everything is there.');
    return 0;
  }
  const approval = await approve(plan, digest);
  if (approval === null) return 3;
  const receipt = await retention.restore(plan, [approval], file);
  console.log(receipt.render());
  return receipt.complete ? 0 : 1;
}

// What stays and what goes, image by image.
function show({ repositories, frees, requests }) {
  for (const { repository, notes, manifests } of repositories) {
    console.log(repository);
    for (const note of notes) console.log(`  note: ${note}`);
    for (const { fate, digest, tags, why } of manifests.filter(({ kind }) => kind === 'image')) {
      const names = tags.map(({ tag }) => tag).join(', ');
      console.log(`  ${fate.padEnd(6)} ${digest} [${names}]: ${why.map(({ message }) => message).join('; ')}`);
    }
  }
  console.log(`frees ${frees.bytes} of ${frees.of} bytes, after ${requests.sent} requests`);
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
