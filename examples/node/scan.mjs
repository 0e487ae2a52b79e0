#!/usr/bin/env node
// Looks for vulnerabilities in SBOMs, images and folders, by Cache's own scanner or by others, and says where they differ.
//
//     node scan.mjs --database cache.db --update PyPI,npm           fetches OSV's archives of these and makes the database
//     node scan.mjs --database cache.db --build DIR                 makes it of OSV's archives that are here
//     node scan.mjs --database cache.db SBOM.json                   what is known of its packages
//     node scan.mjs --database cache.db docker://HOST/REPO:TAG      the same of an image; also oci:PATH:TAG, and dir:PATH
//     node scan.mjs --database cache.db --also grype SBOM.json      what another scanner says, and where the two differ
import { existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Database, Sbom, Scanner, mergeReports } from 'cache-guardian';

const text = { type: 'string' };
const { values: asked, positionals } = parseArgs({
  options: { database: text, update: text, osv: text, build: text, also: { ...text, multiple: true } },
  allowPositionals: true,
});
const { database } = asked;

if (asked.build) await Database.build({ path: database, osv: [asked.build] });
if (asked.update) {
  const osv = { ecosystems: asked.update.split(','), address: asked.osv };
  const { info, changed } = await Database.update({ path: database, osv }, { onProgress });
  console.error(`${info.advisories} advisories${changed ? '' : ', as before'}`);
}
if (positionals.length > 0) {
  const scanners = [{ database }, ...(asked.also ?? []).map((scanner) => ({ scanner }))];
  const reports = await Promise.all(scanners.map((config) => scan(new Scanner(config), positionals[0])));
  for (const { severity, id, package: name, versions, said, differences = [] } of mergeReports(reports).findings) {
    const fixes = [...new Set(said.map(({ finding }) => finding.fixedIn ?? '-'))].sort();
    console.log(severity, id, name, versions.join(', '), fixes.join(', '));
    for (const { kind, why, message } of differences) console.log(`    ${kind} (${why}): ${message}`);
  }
}

function scan(scanner, target) {
  if (target.startsWith('dir:')) return scanner.scan({ folder: target.slice('dir:'.length) });
  if (existsSync(target)) return scanner.scanSbom(Sbom.parse(readFileSync(target)));
  return scanner.scan({ image: target });
}

function onProgress(news) {
  if (news.kind === 'download') console.error(`${news.what}: ${news.size ?? '?'} bytes, ${news.already} are here`);
  if (news.kind === 'unchanged') console.error(`${news.what}: unchanged`);
}
