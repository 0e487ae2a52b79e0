// Databases made and updated, scans by Cache's own scanner and by programs, and reports merged.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { Database, Invalid, NotFound, Sbom, Scanner, Untrusted, mergeReports, parseReport } from '../index.mjs';
import { example, place } from './helper.mjs';
import { zip } from './zip.mjs';

const purl = 'pkg:npm/lodash@4.17.15';
const record = (id) => ({
  id,
  modified: '2026-01-02T03:04:05Z',
  aliases: ['CVE-2026-1'],
  database_specific: { severity: 'HIGH' },
  affected: [
    {
      package: { ecosystem: 'npm', name: 'lodash' },
      ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed: '4.17.21' }] }],
    },
  ],
});

const archive = (id) => zip(`${id}.json`, JSON.stringify(record(id)));

function sbom() {
  const components = [{ type: 'library', name: 'lodash', version: '4.17.15', purl }];
  return Sbom.parse(Buffer.from(JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.6', components })));
}

async function made(folder = place()) {
  mkdirSync(path.join(folder, 'osv', 'npm'), { recursive: true });
  writeFileSync(path.join(folder, 'osv', 'npm', 'all.zip'), archive('GHSA-1'));
  const database = path.join(folder, 'cache.db');
  const info = await Database.build({ path: database, osv: [path.join(folder, 'osv')] });
  assert.deepEqual([info.advisories, info.ecosystems, info.sources[0].name], [1, { npm: 1 }, 'osv']);
  return database;
}

// Serves what `answer` gives; closes when the test ends.
async function serve(t, answer) {
  const server = createServer((request, response) => answer(request, response)).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${server.address().port}`;
}

test('an SBOM and a folder are scanned', async () => {
  const folder = place();
  const scanner = new Scanner({ database: await made(folder) });
  assert.deepEqual([scanner.info.name, scanner.info.dataAsOf], ['cache', '2026-01-02T03:04:05Z']);
  const { findings } = await scanner.scanSbom(sbom());
  assert.deepEqual(findings.map(({ id, severity, fixedIn }) => [id, severity, fixedIn]), [
    ['CVE-2026-1', 'high', '4.17.21'],
  ]);
  const lock = { lockfileVersion: 3, packages: { 'node_modules/lodash': { version: '4.17.15' } } };
  writeFileSync(path.join(folder, 'package-lock.json'), JSON.stringify(lock));
  assert.equal((await scanner.scan({ folder })).findings.length, 1);
  await assert.rejects(scanner.scan({ folder: 'no/such/folder' }), NotFound);
});

test('a database says what it is, and a damaged one is refused', async () => {
  const path_ = await made();
  const database = Database.open(path_);
  assert.equal(String(database), `Database ${database.digest}, ${database.info.advisories} advisories`);
  database.verify();
  assert.ok(database.digest.startsWith('sha256:') && database.info.packages === 1);
  writeFileSync(path_, readFileSync(path_).subarray(1));
  assert.throws(() => Database.open(path_), Invalid);
  writeFileSync(path_, Buffer.concat([Buffer.from('CACHEVDB\x01\0\0\0'), Buffer.alloc(100)]));
  assert.throws(() => new Scanner({ database: path_ }), Untrusted);
});

test('an update fetches what changed, and what fails leaves the old one', async (t) => {
  let served = archive('GHSA-1');
  const address = await serve(t, (request, response) => {
    response.statusCode = request.url === '/npm/all.zip' ? 200 : 404;
    response.end(response.statusCode === 200 ? served : '');
  });
  const database = path.join(place(), 'cache.db');
  const request = { path: database, osv: { address, ecosystems: ['npm'] } };
  const seen = [];
  const first = await Database.update(request, { onProgress: (news) => seen.push(news.kind) });
  assert.deepEqual([first.changed, seen.filter((kind) => kind !== 'bytes')], [true, ['download', 'build', 'built']]);
  assert.equal((await Database.update(request)).changed, false);
  served = archive('GHSA-2');
  const more = { ...request, osv: { address, ecosystems: ['npm', 'PyPI'] } };
  await assert.rejects(Database.update(more), NotFound);
  const enough = new RangeError('enough');
  const onProgress = () => {
    throw enough;
  };
  await assert.rejects(Database.update(request, { onProgress }), (error) => error === enough);
  const before = Database.open(database).digest;
  assert.equal((await Database.update(request)).changed, true);
  assert.notEqual(Database.open(database).digest, before);
});

test('a signal stops an update', async (t) => {
  const address = await serve(t, (request, response) => {
    response.writeHead(200, { 'content-length': 1000 });
    response.write('PK');
  });
  const database = path.join(place(), 'cache.db');
  const control = new AbortController();
  const onProgress = ({ kind }) => kind === 'bytes' && control.abort();
  const request = { path: database, osv: { address, ecosystems: ['npm'] } };
  await assert.rejects(Database.update(request, { onProgress, signal: control.signal }), { name: 'AbortError' });
  assert.ok(!existsSync(database));
  const stopped = { signal: AbortSignal.abort() };
  await assert.rejects(Database.build({ path: database }, stopped), { name: 'AbortError' });
});

const grype = (severity) => ({
  matches: [
    {
      vulnerability: { id: 'GHSA-1', severity, fix: { versions: ['4.17.21'], state: 'fixed' } },
      relatedVulnerabilities: [{ id: 'CVE-2026-1' }],
      artifact: { name: 'lodash', version: '4.17.15', purl },
    },
  ],
  descriptor: { name: 'grype', version: '0.1' },
});

test('programs are asked, and reports are merged', async () => {
  const folder = place();
  const database = await made(folder);
  const program = path.join(folder, 'scanner');
  writeFileSync(program, `#!/bin/sh\ncat <<'END'\n${JSON.stringify(grype('Critical'))}\nEND\n`);
  chmodSync(program, 0o755);
  const other = new Scanner({ scanner: 'grype', program });
  const reports = [await new Scanner({ database }).scanSbom(sbom()), await other.scanSbom(sbom())];
  const { findings } = mergeReports(reports);
  assert.deepEqual([findings.length, findings[0].id, findings[0].severity], [1, 'CVE-2026-1', 'critical']);
  assert.deepEqual(findings[0].said.map(({ finding }) => finding.id), ['CVE-2026-1', 'GHSA-1']);
  assert.deepEqual(findings[0].differences.map(({ kind }) => kind), ['severity']);
  assert.equal(parseReport(Buffer.from(JSON.stringify(grype('High')))).scanner, 'grype');
  await assert.rejects(other.scan({ folder, generator: 'syft' }), Invalid);
});

test('a configuration that contradicts itself is invalid', async () => {
  const database = await made();
  for (const config of [{}, { database, program: 'x' }, { scanner: 'grype', database }, { databas: database }]) {
    assert.throws(() => new Scanner(config), Invalid);
  }
  await assert.rejects(Database.update({ path: database }), Invalid);
  await assert.rejects(Database.build({ path: database }), Invalid);
});

test('the example makes a database and scans', async (t) => {
  const address = await serve(t, (request, response) => response.end(archive('GHSA-1')));
  const folder = place();
  const document = path.join(folder, 'sbom.json');
  writeFileSync(document, sbom().write('cyclonedx-1.6').bytes);
  const given = ['--database', path.join(folder, 'cache.db'), '--update', 'npm', '--osv', address, document];
  const { stdout } = await promisify(execFile)(process.execPath, [example('scan.mjs'), ...given]);
  assert.equal(stdout, 'high CVE-2026-1 lodash 4.17.15 4.17.21\n');
});
