// What a change does to the verdict: the image, SBOM or report of the base branch beside that of the change.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Promoter, Sbom, Scanner, assess, parseReport } from 'cache-guardian';
import { Refused, repositoryOf } from './config.mjs';
import { cell, fitting, table } from './text.mjs';

const stops = new Set(['fail', 'error']);
const mostRows = 100;

/**
 * Looks at one side: `what` is a report, an SBOM or the reference of an image. `rules` are those of a promoter's configuration, of which
 * `policy` and `environment` matter for documents, and `database` is what SBOMs and images are scanned with.
 */
export async function look(what, rules, database) {
  const { policy, environment, clock } = rules;
  const image = existsSync(what) ? undefined : what;
  const { sbom, report } = await read(what, database);
  const evidence = [{ kind: 'report', bytes: Buffer.from(JSON.stringify(report)) }];
  if (sbom) evidence.push({ kind: 'sbom', bytes: sbom.write('cyclonedx-1.6').bytes });
  const assessment = assess(evidence, { image, policy, environment, clock });
  const gates = image && rules.source ? await judged(image, rules, evidence) : [assessment.data.verdict];
  return { sbom, gates, data: assessment.data };
}

async function read(what, database) {
  const scan = async (sbom) => {
    if (!database) throw new Refused(`${what} has to be scanned, and no database is given`);
    return { sbom, report: await new Scanner({ database }).scanSbom(sbom) };
  };
  if (!existsSync(what)) return scan(await Sbom.generate({ image: what }));
  const bytes = readFileSync(what);
  const sbom = attempt(() => Sbom.parse(bytes));
  if (sbom.value) return scan(sbom.value);
  const report = attempt(() => parseReport(bytes));
  if (report.value) return { report: report.value };
  throw new Refused(`${what} is neither an SBOM (${sbom.error.message}) nor a report (${report.error.message})`);
}

function attempt(work) {
  try {
    return { value: work() };
  } catch (error) {
    return { error };
  }
}

// All gates, as if the image were to go to where nothing is. It needs no credential that writes, and no key that signs.
async function judged(from, { signer, ledger, approval, ...rules }, given) {
  const folder = mkdtempSync(path.join(tmpdir(), 'cache-gate-'));
  try {
    const promoter = new Promoter({ ...rules, source: repositoryOf(from), target: `oci:${folder}` });
    return (await promoter.plan({ from, to: `oci:${folder}:change`, requester: 'difference' }, { given })).verdicts;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What differs from `base` to `head`, each as `look` gave it. `worse` says whether the change brings a reason to stop. */
export function compare(base, head) {
  const [before, after] = [base, head].map(byName);
  const counts = (one) => one?.standing === 'counts';
  const added = [...after].filter(([key, one]) => counts(one) && !counts(before.get(key))).map(([, one]) => one);
  const gone = [...before].filter(([key, one]) => counts(one) && !counts(after.get(key)));
  const gates = turned(base.gates, head.gates);
  const stopping = ({ outcome }) => stops.has(outcome);
  return {
    allowed: { before: !base.gates.some(stopping), after: !head.gates.some(stopping) },
    worse:
      gates.some(({ before, after }) => stops.has(after) && !stops.has(before)) ||
      added.some(({ blocks = [] }) => blocks.length > 0),
    gates,
    added: added.map(finding),
    fixed: gone.filter(([key]) => !after.has(key)).map(([, one]) => finding(one)),
    covered: gone.filter(([key]) => after.has(key)).map(([key]) => finding(after.get(key))),
    exceptions: exceptions(base.data, head.data),
    packages: base.sbom && head.sbom ? packages(base.sbom.diff(head.sbom)) : null,
  };
}

const byName = ({ data }) => new Map(data.vulnerabilities.map((one) => [`${one.id} ${one.package}`, one]));

const finding = ({ id, severity, package: name, versions, fixedIn = [], standing, blocks = [] }) => ({
  id,
  severity,
  package: name,
  versions,
  fixedIn,
  standing,
  blocks,
});

function turned(base, head) {
  const before = new Map(base.map(({ gate, outcome }) => [gate, outcome]));
  const after = new Map(head.map((verdict) => [verdict.gate, verdict]));
  return [...new Set([...before.keys(), ...after.keys()])]
    .map((gate) => ({
      gate,
      before: before.get(gate) ?? 'absent',
      after: after.get(gate)?.outcome ?? 'absent',
      why: (after.get(gate)?.reasons ?? []).map(({ message }) => message),
    }))
    .filter((one) => one.before !== one.after);
}

// Exceptions whose state the change turns, such as one that nothing needs any more.
function exceptions(base, head) {
  const name = ({ exception, id }) => `${exception} ${id}`;
  const before = new Map((base.exceptions ?? []).map((one) => [name(one), one.state]));
  return (head.exceptions ?? [])
    .filter((one) => before.get(name(one)) !== one.state)
    .map((one) => ({ id: one.id, before: before.get(name(one)) ?? 'absent', after: one.state }));
}

const packages = ({ added, removed, versions }) => ({
  added: added.map(({ name, version = '' }) => ({ name, version })),
  removed: removed.map(({ name, version = '' }) => ({ name, version })),
  versions: versions.map(({ name, before, after }) => ({ name, before, after })),
});

/** The difference for people, as Markdown. */
export function render(difference) {
  const { allowed, worse, gates, added, fixed, covered, exceptions, packages } = difference;
  const word = (allows) => (allows ? 'goes on' : 'is stopped');
  const parts = [
    `## ${worse ? 'This change brings a reason to stop' : 'This change brings no reason to stop'}\n`,
    `The base ${word(allowed.before)}, the change ${word(allowed.after)}.\n`,
  ];
  const section = (title, head, rows) => {
    if (rows.length === 0) return;
    const more = rows.length > mostRows ? `\n${rows.length - mostRows} more are in the JSON.\n` : '';
    parts.push(`### ${title} (${rows.length})\n\n${table(head, rows.slice(0, mostRows))}${more}`);
  };
  const cells = (list, of) => list.map((one) => of(one).map(cell));
  const findings = (list) =>
    list.map((one) => [
      one.severity,
      ...[one.id, one.package, one.versions.join(', '), one.fixedIn.join(', ')].map(cell),
    ]);
  const of = ['severity', 'vulnerability', 'package', 'version', 'fixed in'];
  const turns = gates.map(({ gate, before, after, why }) => [cell(gate), before, after, why.map(cell).join('<br>')]);
  section('Gates that turned', ['gate', 'base', 'change', 'why'], turns);
  section('New findings', of, findings(added));
  section('Fixed findings', of, findings(fixed));
  section('Findings that are excepted or cleared now', of, findings(covered));
  section(
    'Exceptions',
    ['exception', 'base', 'change'],
    cells(exceptions, ({ id, before, after }) => [id, before, after]),
  );
  if (packages) {
    const named = ({ name, version }) => [name, version];
    const changed = cells(packages.versions, ({ name, before, after }) => [name, before ?? '', after ?? '']);
    section('Packages with another version', ['package', 'base', 'change'], changed);
    section('New packages', ['package', 'version'], cells(packages.added, named));
    section('Packages that are gone', ['package', 'version'], cells(packages.removed, named));
  }
  return fitting(parts);
}
