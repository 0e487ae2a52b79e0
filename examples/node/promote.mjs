#!/usr/bin/env node
// Promotes one image with everything that belongs to it: plan, show, approve, execute, receipt.
//
//     node promote.mjs --from oci:dev --to oci:prod --tag v1 --key release.pub --policy policy.yaml
//
// It asks at the terminal; without one, --approve PLAN_DIGEST is the answer. Ctrl-C stops it, and running it again goes on.
// Exit codes: 0 done or nothing to do, 1 error, 2 refused by a gate, 3 not approved.
import { userInfo } from 'node:os';
import { parseArgs } from 'node:util';
import { Promoter, Unapproved } from 'cache-guardian';

const text = { type: 'string' };
const options = { from: text, to: text, tag: text, key: text, policy: text, environment: text, approve: text };

async function main() {
  const { from, to, tag, key, policy, environment = 'prod', approve: digest } = parseArgs({ options }).values;
  if (!from || !to || !tag || !key) throw new Error('--from, --to, --tag and --key are needed');
  const promoter = new Promoter({
    source: from,
    target: to,
    environment,
    policy, // without one, the strict default of the environment holds
    trustedKeys: [{ name: 'release', path: key }],
  });

  const wanted = { from: `${from}:${tag}`, to: `${to}:${tag}`, requester: 'pipeline' };
  const { state, plan, verdicts } = await promoter.plan(wanted);
  if (state === 'nothing') {
    console.log(`Already so: ${wanted.to}`);
    return 0;
  }
  if (state === 'blocked') {
    console.log(`REFUSED: ${wanted.from} does not go to ${environment}`);
    for (const { gate, outcome, reasons } of verdicts) {
      console.log(`  ${gate}: ${outcome}`);
      for (const reason of reasons) console.log(`    ${reason.outcome}: ${reason.message}`);
    }
    return 2;
  }

  const approval = await approve(plan, digest);
  if (approval === null) return 3;
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort(new Error('stopped')));
  const receipt = await promoter.execute(plan, [approval], { onProgress: show, signal: stop.signal });
  console.log(receipt.render());
  return receipt.complete ? 0 : 1;
}

// A person reads the plan and says yes to its digest, now or on the command line.
async function approve(plan, digest) {
  const approver = userInfo().username;
  if (digest === undefined && process.stdin.isTTY) return plan.approveOnTerminal(approver);
  console.log(plan.render());
  if (digest === plan.digest) return plan.approveByCallback(() => ({ decision: 'approve', approver }));
  console.log(`\nNot approved. Approve it with\n  --approve ${plan.digest}`);
  return null;
}

function show({ done, steps, what }) {
  console.error(`${done}/${steps} ${what ?? 'finished'}`);
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Unapproved ? `not approved: ${error.message}` : `error: ${error.message}`);
  if (error.hint) console.error(`  ${error.hint}`);
  process.exitCode = error instanceof Unapproved ? 3 : 1;
}
