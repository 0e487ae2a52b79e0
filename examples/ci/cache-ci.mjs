#!/usr/bin/env node
// What every CI system asks of Cache: to plan a promotion, to approve and to execute a plan, and to compare a change with its base.
//
//     cache-ci.mjs plan --config cache.json --image v1 --requester WHO --out DIR [--tag T] [--reason R] [--database cache.db]
//         [--report F ...] [--vex F ...] [--sbom F ...]
//     cache-ci.mjs sign --plan plan.json --approver WHO --key KEY --words TEXT --out approval.json [--comment TEXT] [--until TIME]
//         on the approver's own machine
//     cache-ci.mjs execute --config cache.json --plan plan.json --digest D --out DIR
//         [--approver WHO --words TEXT --where TEXT] [--approval approval.json ...] [--approval-task task.json]
//     cache-ci.mjs diff --base B --head H --out DIR [--database cache.db] [--config cache.json] [--policy F] [--environment E]
//
// Exit codes: 0 done or nothing to do, 1 error, 2 refused by a gate, or a change that brings a reason to stop, 3 not approved.
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Plan } from 'cache-guardian';
import { fromApprovalTask } from './lib/answers.mjs';
import { NotApproved, Refused, explain, readJson } from './lib/config.mjs';
import { compare, look, render } from './lib/difference.mjs';
import { executePlan } from './lib/execute.mjs';
import { leaveIn } from './lib/files.mjs';
import { names, shown } from './lib/naming.mjs';
import { planPromotion } from './lib/plan.mjs';
import { printable } from './lib/text.mjs';

const one = { type: 'string' };
const several = { type: 'string', multiple: true, default: [] };
const commands = {
  plan: {
    needs: ['config', 'image', 'requester', 'out'],
    options: {
      config: one,
      image: one,
      tag: one,
      requester: one,
      reason: one,
      database: one,
      report: several,
      vex: several,
      sbom: several,
      out: one,
    },
    async run({ report: reports, sbom: sboms, ...asked }) {
      const { verdict, message } = await planPromotion({ ...asked, reports, sboms });
      console.log(message);
      return verdict === 'blocked' ? 2 : 0;
    },
  },
  sign: {
    needs: ['plan', 'approver', 'key', 'out'],
    options: { plan: one, approver: one, key: one, words: one, comment: one, until: one, out: one },
    async run({ plan: file, approver, key, words, comment, until: expires, out }) {
      const plan = Plan.fromJson(readFileSync(file));
      console.log(printable(plan.render()));
      if (!names(words, plan.digest)) throw new NotApproved(`whoever read the plan adds --words ${shown(plan.digest)}`);
      const signer = {
        name: approver,
        path: key,
        passwordEnv: process.env.COSIGN_PASSWORD ? 'COSIGN_PASSWORD' : undefined,
      };
      const approval = await plan.approveBySignature({ decision: 'approve', approver, comment, expires }, signer);
      writeFileSync(out, approval.toJson());
      return 0;
    },
  },
  execute: {
    needs: ['config', 'plan', 'digest', 'out'],
    options: {
      config: one,
      plan: one,
      digest: one,
      approver: one,
      words: one,
      where: one,
      approval: several,
      'approval-task': one,
      out: one,
    },
    async run({ approver, words, where, approval: approvals, 'approval-task': task, ...asked }) {
      const answers = approver ? [{ approver, words, where }] : [];
      if (task) answers.push(...fromApprovalTask(readJson(task)));
      const { complete } = await executePlan({ ...asked, answers, approvals }, console.log);
      return complete ? 0 : 1;
    },
  },
  diff: {
    needs: ['base', 'head', 'out'],
    options: { base: one, head: one, database: one, config: one, policy: one, environment: one, out: one },
    async run({ base, head, database, config, out, ...given }) {
      const rules = config ? { environment: 'prod', ...readJson(config), ...given } : given;
      const difference = compare(await look(base, rules, database), await look(head, rules, database));
      const { keep } = leaveIn(out);
      keep('json', 'difference.json', `${JSON.stringify(difference, null, 2)}\n`);
      keep('summary', 'difference.md', render(difference));
      process.stdout.write(render(difference));
      return difference.worse ? 2 : 0;
    },
  },
};

async function main([name, ...args]) {
  const command = commands[name];
  if (!command) throw new Refused(`say what to do: ${Object.keys(commands).join(', ')}`);
  const { values } = parseArgs({ args, options: command.options });
  const lacking = command.needs.filter((option) => !values[option]);
  if (lacking.length > 0) throw new Refused(`needed: ${lacking.map((option) => `--${option}`).join(', ')}`);
  return command.run(values);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const { exitCode, message } = explain(error);
  console.error(printable(`error: ${message}`));
  process.exitCode = exitCode;
}
