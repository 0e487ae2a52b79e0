#!/usr/bin/env node
// Promotes one image once people said yes in Slack: plan, ask, take the answers, execute.
//
//     SLACK_WEBHOOK=https://hooks.slack.com/… SLACK_SECRET=… PAGERDUTY_KEY=… \
//     node ask.mjs --from oci:dev --to oci:prod --tag v1 --key release.pub --person slack:U0123=alice
//
// Slack sends the press of a button to this process: let the app's interactivity URL lead to --port. Where nobody answers,
// PagerDuty wakes somebody. Exit codes: 0 done or nothing to do, 1 error, 2 refused by a gate, 3 not approved.
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { AnswerDesk, Promoter, Unapproved } from 'cache-guardian';

const text = { type: 'string' };
const options = {
  from: text, to: text, tag: text, key: text, policy: text, environment: text, port: text, 'give-up-after': text,
  person: { ...text, multiple: true },
};
const { SLACK_WEBHOOK, SLACK_SECRET, PAGERDUTY_KEY } = process.env;

async function main() {
  const { from, to, tag, key, policy, person = [], environment = 'prod', port = '8080', ...more } =
    parseArgs({ options }).values;
  if (!from || !to || !tag || !key) throw new Error('--from, --to, --tag and --key are needed');
  const people = Object.fromEntries(person.map((one) => one.split('=', 2)));
  const desk = new AnswerDesk({ people, slackSecret: SLACK_SECRET });
  const promoter = new Promoter({
    source: from,
    target: to,
    environment,
    policy,
    trustedKeys: [{ name: 'release', path: key }],
    approval: { accept: ['webhook'], approvers: [...new Set(Object.values(people))].map((name) => ({ name })) },
  });
  const outlook = await promoter.plan({ from: `${from}:${tag}`, to: `${to}:${tag}`, requester: 'pipeline' });
  const { plan, state } = outlook;
  if (plan === null) {
    console.log(`No plan: ${state}`);
    return state === 'blocked' ? 2 : 0;
  }

  const server = await listen(desk, Number(port));
  console.log(`Asking about ${plan.digest}; answers arrive at port ${server.address().port}`);
  let approvals;
  try {
    approvals = await promoter.ask(plan, desk, {
      urgency: 'high',
      ask: [{ kind: 'slack', url: SLACK_WEBHOOK }],
      alarm: PAGERDUTY_KEY && { kind: 'pagerduty', key: PAGERDUTY_KEY },
      giveUpAfterSeconds: Number(more['give-up-after'] ?? 3600),
    });
  } finally {
    server.close();
  }
  const receipt = await promoter.execute(plan, approvals);
  console.log(receipt.render());
  return receipt.complete ? 0 : 1;
}

// Hands what Slack sends to the desk. Behind a web server of your own, it is these few lines alone.
function listen(desk, port) {
  const server = createServer(async (request, response) => {
    try {
      const pieces = [];
      for await (const piece of request) pieces.push(piece);
      const { status, body } = desk.slack(request.headers, Buffer.concat(pieces));
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    } catch {
      response.writeHead(500).end();
    }
  });
  return new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(server)));
}

main().then(
  (code) => { process.exitCode = code; },
  (error) => {
    console.error(error instanceof Unapproved ? `not approved: ${error.message}` : `error: ${error.message}`);
    process.exitCode = error instanceof Unapproved ? 3 : 1;
  },
);
