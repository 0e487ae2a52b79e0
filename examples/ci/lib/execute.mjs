// Executes a plan on what people said, and on nothing else.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Approval, Plan, Promoter, tellStory } from 'cache-guardian';
import { NotApproved, Refused, explain, readJson } from './config.mjs';
import { givenBeside, leaveIn } from './files.mjs';
import { names } from './naming.mjs';
import { block, cell, code, printable } from './text.mjs';

const most = 500; // of what a person says

/**
 * `plan` is the path of the plan and `digest` the one that was shown to people. `answers` are what the system heard from them:
 * `{ approver, words, where }`, of which those count whose words name the plan (`names`); they are recorded as asserted by the
 * host. `approvals` are paths of signed approvals. Whether all that suffices, the approval policy of the configuration says.
 * `tell` gets lines for the log. Where the job is cancelled, what was written stays, and the same plan goes on the next time.
 */
export async function executePlan(asked, tell) {
  const plan = Plan.fromJson(readFileSync(asked.plan));
  if (plan.digest !== asked.digest) {
    throw new NotApproved(
      `the plan in ${asked.plan} is ${plan.digest}, and ${asked.digest || 'none'} was to be executed`,
    );
  }
  const { purpose } = plan.data;
  if (purpose.kind !== 'promotion') throw new Refused(`the plan is for ${purpose.kind}, not for a promotion`);
  const approvals = await approvalsOf(plan, asked);
  const config = readJson(asked.config);
  const receipt = await new Promoter(config).execute(plan, approvals, {
    given: givenWith(asked.plan),
    onProgress: progress(tell),
    signal: cancelled(),
  });
  tell(printable(receipt.render()));
  const files = write(asked.out, receipt, approvals, purpose);
  if (receipt.complete) files.story = await story(asked.out, purpose.to, config, tell);
  return { complete: receipt.complete, image: purpose.image.digest, files };
}

async function approvalsOf(plan, { answers = [], approvals: signed = [] }) {
  const counting = answers.filter(({ words }) => names(words, plan.digest));
  const approvals = [
    ...signed.map((file) => Approval.fromJson(readFileSync(file))),
    ...(await Promise.all(counting.map((answer) => asserted(plan, answer)))),
  ];
  if (approvals.length > 0) return approvals;
  const who = answers.map(({ approver }) => approver).join(', ');
  throw new NotApproved(
    answers.length === 0
      ? 'nobody approved the plan'
      : `${who} said yes without naming the plan by the first eight characters of its digest, ${plan.digest}`,
  );
}

// What was handed in when the plan was made. The plan names each document by its digest, so another one does no harm.
function givenWith(plan) {
  const file = givenBeside(plan);
  if (!existsSync(file)) return [];
  return readJson(file).map(({ kind, base64 }) => ({ kind, bytes: Buffer.from(base64, 'base64') }));
}

// What the receipt names by digest alone. An approval that the host asserts is in no other file.
const told = ({ digest, plan, kind, approver, at, comment, expires, reference }) => ({
  digest,
  plan,
  kind,
  approver,
  at,
  comment,
  expires,
  reference,
});

// The system tells of the same answer in every run of a job; by where it was given, the ledger knows it again.
function asserted(plan, { approver, words, where }) {
  return plan.approveByCallback(() => ({ decision: 'approve', approver, comment: String(words).slice(0, most), reference: where }));
}

function progress(tell) {
  let last = -1;
  return ({ done, steps, what }) => {
    if (done !== last) tell(printable(`${done}/${steps} ${what ?? 'finished'}`));
    last = done;
  };
}

// A system that cancels a job asks its processes to end before it ends them.
function cancelled() {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => stop.abort(new Refused(`stopped by ${name}`)));
  return stop.signal;
}

function write(out, receipt, approvals, { image, to }) {
  const { files, keep } = leaveIn(out);
  const who = approvals.map(({ approver, kind }) => `${cell(approver)} (${kind})`).join(', ');
  const title = `## Promotion: ${receipt.complete ? 'complete' : 'NOT complete'}`;
  const facts = `${code(image.digest)} as ${code(to)}, approved by ${who}.`;
  keep('receipt', 'receipt.json', receipt.json);
  keep('approvals', 'approvals.json', JSON.stringify(approvals.map(told), null, 2));
  keep('env', 'done.env', `CACHE_IMAGE_DIGEST=${image.digest}\n`);
  keep('summary', 'summary.md', `${title}\n\n${facts}\n\n${block(receipt.render())}`);
  return files;
}

// The promotion is done by then, so a story that cannot be told is no failure of it.
async function story(out, image, { trustedKeys, trustedSigners, trustedRoot, network }, tell) {
  const file = path.join(out, 'story.html');
  try {
    writeFileSync(file, (await tellStory({ image, trustedKeys, trustedSigners, trustedRoot, network })).html());
    return file;
  } catch (error) {
    tell(`the story cannot be told: ${explain(error).message}`);
    return undefined;
  }
}
