// The action `plan`: what would be promoted, and whether it may. Reads only.
import { readFileSync } from 'node:fs';
import { planPromotion } from '../../lib/plan.mjs';
import { given, input, lines, run, say, setOutput, summarise } from './runner.mjs';

run(async () => {
  const { verdict, digest, files, message } = await planPromotion({
    config: input('config', { required: true }),
    image: input('image', { required: true }),
    tag: input('tag'),
    requester: given('GITHUB_TRIGGERING_ACTOR'),
    reason: input('reason'),
    reports: lines('reports'),
    vex: lines('vex'),
    sboms: lines('sboms'),
    database: input('database'),
    out: input('out', { required: true }),
  });
  say(message);
  summarise(readFileSync(files.summary, 'utf8'));
  setOutput('verdict', verdict);
  setOutput('plan-digest', digest);
  for (const name of ['plan', 'summary', 'sarif', 'junit']) setOutput(name, files[name] ?? '');
  return verdict === 'blocked' ? 'a gate refuses the image; the summary says why' : undefined;
});
