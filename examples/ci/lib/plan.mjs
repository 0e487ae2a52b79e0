// Plans a promotion, and writes what people and systems read of it. Reads from registries only.
import { readFileSync } from 'node:fs';
import { Promoter, Sbom, Scanner } from 'cache-guardian';
import { readJson, referenceIn } from './config.mjs';
import { givenBeside, leaveIn } from './files.mjs';
import { shown } from './naming.mjs';
import { block, cell, code, fitting, printable, table } from './text.mjs';

const verdicts = { ready: 'ready', blocked: 'refused', nothing: 'nothing to do' };

/**
 * `image` is a tag or a digest in the source of the configuration, `tag` what it is to be called at the target. `reports`, `vex` and
 * `sboms` are paths of evidence that the registry has not; with a `database` the image is scanned here.
 * Returns `{ verdict, digest, files, message }`; `files` has the paths of what was written.
 */
export async function planPromotion(asked) {
  const { source, target, environment = 'prod', policy, ...config } = readJson(asked.config);
  const from = referenceIn(source, asked.image);
  const to = referenceIn(target, asked.tag || asked.image);
  const evidence = await gather(asked, from);
  const promoter = new Promoter({ ...config, source, target, environment, policy });
  const request = { from, to, requester: asked.requester, reason: asked.reason || undefined };
  const outlook = await promoter.plan(request, { given: evidence });

  const found = { state: outlook.state, plan: outlook.plan, gates: outlook.verdicts, from, to, environment };
  // Of what is attached to the image as well as of what is here.
  const looked = found.gates.some(({ gate, lookedAt }) => gate === 'cve' && lookedAt.some(({ what }) => what === 'report'));
  const assessment = looked ? await promoter.assess(request, { given: evidence }) : null;
  return {
    verdict: found.state,
    digest: found.plan?.digest ?? '',
    files: write(asked.out, found, assessment, evidence),
    message: printable(message(found)),
  };
}

// As it is kept for who executes the plan, maybe on another machine: the gates are asked again there.
const whole = ({ kind, bytes, path }) => ({ kind, base64: Buffer.from(bytes ?? readFileSync(path)).toString('base64') });

// The evidence that the caller has, and the SBOM and the report that are made here.
async function gather({ reports = [], vex = [], sboms = [], database }, image) {
  const paths = (kind, files) => files.map((file) => ({ kind, path: file }));
  const evidence = [...paths('report', reports), ...paths('vex', vex), ...paths('sbom', sboms)];
  if (!database) return evidence;
  const sbom = await Sbom.generate({ image });
  const report = await new Scanner({ database }).scanSbom(sbom);
  return [
    ...evidence,
    { kind: 'sbom', bytes: sbom.write('cyclonedx-1.6').bytes },
    { kind: 'report', bytes: Buffer.from(JSON.stringify(report)) },
  ];
}

function write(out, found, assessment, evidence) {
  const { files, keep } = leaveIn(out);
  if (found.plan) {
    keep('plan', 'plan.json', found.plan.json);
    keep('given', givenBeside('plan.json'), JSON.stringify(evidence.map(whole)));
    keep('page', 'plan.html', found.plan.html());
  }
  if (assessment) {
    keep('sarif', 'findings.sarif', assessment.write('sarif', { location: 'Dockerfile' }));
    keep('junit', 'junit.xml', assessment.write('junit'));
    keep('gitlab', 'gl-container-scanning-report.json', assessment.write('gitlab'));
  }
  keep('summary', 'summary.md', summary(found, assessment));
  keep('test', 'test-output.json', JSON.stringify(testOutput(found)));
  keep('env', 'plan.env', `CACHE_VERDICT=${found.state}\nCACHE_PLAN_DIGEST=${found.plan?.digest ?? ''}\n`);
  return files;
}

function message({ state, plan, gates, from, to, environment }) {
  if (state === 'nothing') return `Already so: ${to}`;
  const how = 'Approve it by the first characters of its digest:';
  if (state === 'ready') return `${plan.render()}\n\n${how} ${shown(plan.digest)}`;
  const reasons = gates.flatMap(({ gate, reasons }) =>
    reasons.map((why) => `  ${gate}: ${why.outcome}: ${why.message}`),
  );
  return [`REFUSED: ${from} does not go to ${environment}`, ...reasons].join('\n');
}

function summary({ state, plan, gates, from, to, environment }, assessment) {
  const rows = [
    ['from', code(from)],
    ['to', code(to)],
  ];
  if (plan) rows.push(['plan', code(plan.digest)]);
  const parts = [`## Promotion to ${cell(environment)}: ${verdicts[state]}\n\n${table(['', ''], rows)}`];
  const how = 'Who approves it reads the plan, and says so with the first characters of its digest:';
  if (plan) parts.push(`${how} \`${shown(plan.digest)}\`.\n`);
  if (gates.length > 0) {
    const told = ({ gate, outcome, reasons }) => [
      cell(gate),
      outcome,
      reasons.map(({ message }) => cell(message)).join('<br>'),
    ];
    parts.push(table(['gate', 'outcome', 'why'], gates.map(told)));
  }
  if (plan) parts.push(`<details><summary>The plan</summary>\n\n${block(plan.render())}\n</details>\n`);
  if (assessment) parts.push(assessment.write('markdown').toString());
  return fitting(parts);
}

// What OpenShift Pipelines and Conforma read of a test, as the result `TEST_OUTPUT`.
function testOutput({ state, gates }) {
  const count = (...outcomes) => gates.filter(({ outcome }) => outcomes.includes(outcome)).length;
  const [failures, warnings] = [count('fail', 'error'), count('warn')];
  const results = { nothing: 'SKIPPED', blocked: 'FAILURE', ready: warnings > 0 ? 'WARNING' : 'SUCCESS' };
  return {
    result: results[state],
    timestamp: new Date().toISOString().replace(/\.\d+Z$/, '+00:00'),
    note: `the gates of a promotion: ${verdicts[state]}`,
    namespace: 'cache',
    successes: count('pass', 'excepted'),
    failures,
    warnings,
  };
}
