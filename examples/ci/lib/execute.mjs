// Executes a plan on what people said, and on nothing else.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Approval, Plan, Promoter, tellStory } from 'cache-guardian';
import { NotApproved, Refused, readJson } from './config.mjs';
import { block, cell, code } from './text.mjs';

/**
 * `plan` is the path of the plan and `digest` the one that was shown to people. `answers` are what the system heard from them:
 * `{ approver, words, where }`, of which those count whose words name the plan (`names`); they are recorded as asserted by the
 * host. `approvals` are paths of signed approvals. Whether all that suffices, the approval policy of the configuration says.
 */
export async function executePlan(asked, options = {}) {
  const plan = Plan.fromJson(readFileSync(asked.plan));
  if (plan.digest !== asked.digest) {
    throw new NotApproved(`the plan in ${asked.plan} is ${plan.digest}, and ${asked.digest || 'none'} was to be executed`);
  }
  const { answers = [], approvals: signed = [] } = asked;
  const counting = answers.filter(({ words }) => names(words, plan.digest));
  const approvals = [
    ...signed.map((file) => Approval.fromJson(readFileSync(file))),
    ...(await Promise.all(counting.map((answer) => asserted(plan, answer)))),
  ];
  if (approvals.length === 0) throw new NotApproved(missing(plan, answers));

  const { purpose } = plan.data;
  const config = readJson(asked.config);
  if (purpose.kind !== 'promotion') throw new Refused(`the plan is for ${purpose.kind}, not for a promotion`);
  const receipt = await new Promoter(config).execute(plan, approvals, options);
  const { trustedKeys, trustedSigners, trustedRoot, network } = config;
  const story = receipt.complete ? await tellStory({ image: purpose.to, trustedKeys, trustedSigners, trustedRoot, network }) : null;
  return {
    complete: receipt.complete,
    image: purpose.image.digest,
    files: write(asked.out, receipt, approvals, purpose, story),
    message: receipt.render(),
  };
}

/** Whether words name a plan: one of them is the beginning of its digest, of eight characters at least, as at a terminal. */
export function names(words, digest) {
  const wanted = digest.slice('sha256:'.length);
  return (String(words ?? '').toLowerCase().match(/[0-9a-z]+/g) ?? []).some((word) => word.length >= 8 && wanted.startsWith(word));
}

// What the receipt names by digest alone. An approval that the host asserts is in no other file.
const told = ({ digest, plan, kind, approver, at, comment }) => ({ digest, plan, kind, approver, at, comment });

function asserted(plan, { approver, where }) {
  return plan.approveByCallback(() => ({ decision: 'approve', approver, comment: where }));
}

function missing(plan, answers) {
  const who = answers.map(({ approver }) => approver).join(', ');
  return answers.length === 0
    ? 'nobody approved the plan'
    : `${who} said yes without naming the plan by the first eight characters of its digest, ${plan.digest}`;
}

function write(out, receipt, approvals, { image, to }, story) {
  mkdirSync(out, { recursive: true });
  const files = {};
  const keep = (kind, name, content) => {
    files[kind] = path.join(out, name);
    writeFileSync(files[kind], content);
  };
  const who = approvals.map(({ approver, kind }) => `${cell(approver)} (${kind})`).join(', ');
  const title = `## Promotion: ${receipt.complete ? 'complete' : 'NOT complete'}`;
  const facts = `${code(image.digest)} as ${code(to)}, approved by ${who}.`;
  keep('receipt', 'receipt.json', receipt.json);
  keep('approvals', 'approvals.json', JSON.stringify(approvals.map(told), null, 2));
  keep('env', 'done.env', `CACHE_IMAGE_DIGEST=${image.digest}\n`);
  keep('summary', 'summary.md', `${title}\n\n${facts}\n\n${block(receipt.render())}`);
  if (story) keep('story', 'story.html', story.html());
  return files;
}
