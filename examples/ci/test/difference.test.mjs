// The gate before merging: what a change does to the verdict.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import { Database } from 'cache-guardian';
import { zip } from '../../../cache-node/test/zip.mjs';
import { ci, hostile, project, report, run, scanned } from './helper.mjs';

const policy = 'scan_policy:\n  promotion_to_prod: {max_high: 1, require_sbom: false}\n';
const subject = `sha256:${'a'.repeat(64)}`;
const folder = project('promote-signed', { policy: scanned });
const write = (name, content) =>
  writeFileSync(path.join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));

async function diff(...args) {
  const { status, stdout, log } = await run(
    process.execPath,
    [path.join(ci, 'cache-ci.mjs'), 'diff', '--out', 'out', ...args],
    { cwd: folder },
  );
  const found =
    status === 0 || status === 2 ? JSON.parse(readFileSync(path.join(folder, 'out/difference.json'))) : null;
  return { status, stdout, log, found };
}

const sbom = (...versions) => ({
  bomFormat: 'CycloneDX',
  specVersion: '1.6',
  components: Object.entries(Object.assign({}, ...versions)).map(([name, version]) => ({
    type: 'library',
    name,
    version,
    purl: `pkg:npm/${name}@${version}`,
  })),
});

// A database with one vulnerability of lodash.
before(async () => {
  const record = {
    id: 'GHSA-1',
    modified: '2026-01-02T03:04:05Z',
    aliases: ['CVE-2026-1'],
    database_specific: { severity: 'CRITICAL' },
    affected: [
      {
        package: { ecosystem: 'npm', name: 'lodash' },
        ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed: '4.17.21' }] }],
      },
    ],
  };
  mkdirSync(path.join(folder, 'osv', 'npm'), { recursive: true });
  writeFileSync(path.join(folder, 'osv', 'npm', 'all.zip'), zip('GHSA-1.json', JSON.stringify(record)));
  await Database.build({ path: path.join(folder, 'cache.db'), osv: [path.join(folder, 'osv')] });
  write('policy.yaml', policy);
});

test('two SBOMs: a package that turns the gate, and the one that turns it back', async () => {
  write('good.json', sbom({ lodash: '4.17.21', left: '1.0.0' }));
  write('bad.json', sbom({ lodash: '4.17.15', right: '2.0.0' }));
  const rules = ['--database', 'cache.db', '--policy', 'policy.yaml', '--environment', 'prod'];
  const worse = await diff('--base', 'good.json', '--head', 'bad.json', ...rules);
  assert.equal(worse.status, 2, worse.log);
  assert.deepEqual(worse.found.allowed, { before: true, after: false });
  assert.deepEqual(
    worse.found.gates.map(({ gate, before, after }) => [gate, before, after]),
    [['cve', 'pass', 'fail']],
  );
  assert.deepEqual(
    worse.found.added.map(({ id, package: name, blocks }) => [id, name, blocks]),
    [['CVE-2026-1', 'lodash', ['too-many-critical']]],
  );
  assert.deepEqual(worse.found.packages, {
    added: [{ name: 'right', version: '2.0.0' }],
    removed: [{ name: 'left', version: '1.0.0' }],
    versions: [{ name: 'lodash', before: '4.17.21', after: '4.17.15' }],
  });
  assert.match(
    worse.stdout,
    /brings a reason to stop[^]*Gates that turned \(1\)[^]*New findings \(1\)[^]*\| critical \|/,
  );

  const better = await diff('--base', 'bad.json', '--head', 'good.json', ...rules);
  assert.deepEqual([better.status, better.found.allowed, better.found.added], [0, { before: false, after: true }, []]);
  assert.deepEqual(
    better.found.fixed.map(({ id }) => id),
    ['CVE-2026-1'],
  );
  const same = await diff('--base', 'bad.json', '--head', 'bad.json', ...rules);
  assert.deepEqual(
    [same.status, same.found.worse, same.found.allowed.after],
    [0, false, false],
    'the change did not bring it',
  );
});

test('two reports: limits, and exceptions that nothing needs any more', async () => {
  write('excepting.yaml', policy.replace('}', ', exceptions: [CVE-2099-1000]}'));
  write('one.json', report(subject, ['a'], 'high'));
  write('two.json', report(subject, ['a', 'b'], 'high'));
  write('none.json', report(subject, []));
  const first = await diff('--base', 'one.json', '--head', 'two.json', '--policy', 'policy.yaml');
  assert.deepEqual(
    [first.status, first.found.gates[0].after, first.found.added.map(({ package: name }) => name)],
    [2, 'fail', ['b']],
  );
  const within = await diff('--base', 'one.json', '--head', 'two.json', '--policy', 'excepting.yaml');
  assert.deepEqual([within.status, within.found.added.length], [0, 1], within.log);
  const unused = await diff('--base', 'one.json', '--head', 'none.json', '--policy', 'excepting.yaml');
  assert.equal(unused.status, 0, unused.log);
  assert.deepEqual(
    unused.found.exceptions.map(({ id, before, after }) => [id, before === after, after]),
    [['CVE-2099-1000', false, 'exception-unused']],
  );
});

test('two images: all gates, without a credential that writes or a key that signs', async () => {
  const unsigned = project('promote-unsigned-blocked');
  const config = JSON.parse(readFileSync(path.join(folder, 'cache.json')));
  write('cache.json', { ...config, signer: { name: 'release', path: 'no-such.key' }, target: 'oci:no-such-target' });
  const { status, found, log } = await diff(
    '--base',
    'oci:source:v1',
    '--head',
    `oci:${unsigned}/source:v1`,
    '--database',
    'cache.db',
    '--config',
    'cache.json',
  );
  assert.equal(status, 2, log);
  assert.ok(
    found.gates.some(
      ({ gate, before, after, why }) => gate === 'signature' && before === 'pass' && after === 'fail' && why.length > 0,
    ),
  );
});

test('what outsiders wrote is no Markdown, and no command', async () => {
  write('base.json', report(subject, []));
  write('head.json', report(subject, hostile, 'high'));
  const { status, stdout } = await diff('--base', 'base.json', '--head', 'head.json', '--policy', 'policy.yaml');
  assert.equal(status, 2);
  assert.doesNotMatch(stdout, /<img|\]\(|@everyone|\u202e|\u001b|\*\*bold|<touch|^\s*::|##\[/m);
  assert.equal(stdout.match(/^\| high \|/gm).length, hostile.length);
});

test('a summary that would be too long is cut, and the JSON is not', async () => {
  write('base.json', report(subject, []));
  write(
    'long.json',
    report(
      subject,
      Array.from({ length: 50 }, (_, index) => `${index}${'|'.repeat(9000)}`),
      'high',
    ),
  );
  const { status, stdout, found } = await diff('--base', 'base.json', '--head', 'long.json', '--policy', 'policy.yaml');
  assert.deepEqual([status, found.added.length], [2, 50]);
  assert.ok(Buffer.byteLength(stdout) < 2 ** 20);
  assert.match(stdout, /brings a reason to stop[^]*more than can be shown/);
});

test('what cannot be told is an error, not a pass', async () => {
  write('text.json', 'no JSON');
  write('empty.json', sbom({}));
  write('some.json', report(subject, []));
  const cases = [
    [['--base', 'some.json', '--head', 'text.json'], /neither an SBOM \(.+\) nor a report \(.+\)/],
    [['--base', 'some.json', '--head', 'oci:nowhere:v1', '--database', 'cache.db'], /nowhere/],
    [['--base', 'some.json', '--head', 'empty.json'], /no database is given/],
    [['--base', 'some.json'], /--head/],
    [['--base', 'some.json', '--head', 'some.json', '--policy', 'absent.yaml'], /absent\.yaml/],
    [['--base', 'some.json', '--head', 'some.json', '--polcy', 'x'], /polcy/],
  ];
  for (const [args, why] of cases) {
    const { status, log } = await diff(...args);
    assert.equal(status, 1, `${args}: ${log}`);
    assert.match(log, why);
    assert.doesNotMatch(log, /at .*\.mjs:\d+/, 'no stack');
  }
});
