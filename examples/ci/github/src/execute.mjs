// The action `execute`: executes the plan of the digest that people saw, if they approved it. It approves nothing itself.
import { readFileSync } from 'node:fs';
import { NotApproved, Refused } from '../../lib/config.mjs';
import { fromReviews } from '../../lib/answers.mjs';
import { executePlan } from '../../lib/execute.mjs';
import { given, input, lines, run, say, setOutput, summarise } from './runner.mjs';

run(async () => {
  const environment = input('environment');
  const approvals = lines('approvals');
  if (!environment && approvals.length === 0)
    throw new NotApproved('neither an environment nor signed approvals are given');
  const asked = {
    config: input('config', { required: true }),
    plan: input('plan', { required: true }),
    digest: input('plan-digest', { required: true }),
    answers: environment ? await reviewsOf(environment) : [],
    approvals,
    out: input('out', { required: true }),
  };
  const { complete, image, files } = await executePlan(asked, say);
  summarise(readFileSync(files.summary, 'utf8'));
  setOutput('image-digest', image);
  for (const name of ['receipt', 'summary', 'story']) setOutput(name, files[name] ?? '');
  return complete ? undefined : 'the promotion is not complete; the receipt says what was done';
});

// Who let this run into the environment, by GitHub's word. The job only runs because somebody did; who it was, and whether they
// named the plan, is in no variable.
async function reviewsOf(environment) {
  const [repository, id] = [given('GITHUB_REPOSITORY'), given('GITHUB_RUN_ID')];
  const run = `${given('GITHUB_SERVER_URL')}/${repository}/actions/runs/${id}`;
  const response = await fetch(`${given('GITHUB_API_URL')}/repos/${repository}/actions/runs/${id}/approvals`, {
    headers: {
      accept: 'application/vnd.github+json',
      authorization: `Bearer ${input('token', { required: true })}`,
      'user-agent': 'cache-guardian',
      'x-github-api-version': '2022-11-28',
    },
    redirect: 'error',
    signal: AbortSignal.timeout(30_000),
  }).catch((error) => {
    throw new Refused(`GitHub cannot be asked who approved: ${error.cause?.message ?? error.message}`);
  });
  if (!response.ok) {
    throw new Refused(
      `GitHub does not say who approved (${response.status}); the job needs the permission actions: read`,
    );
  }
  return fromReviews(await response.json(), environment, `environment ${environment} of ${run}`);
}
