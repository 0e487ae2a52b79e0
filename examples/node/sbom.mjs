#!/usr/bin/env node
// Answers what people ask of an SBOM, in whatever format it is. Where there is none yet, it is made.
//
//     node sbom.mjs SBOM.json                    what is in it
//     node sbom.mjs docker://HOST/REPO:TAG       the same of an image; also oci:PATH:TAG, and dir:PATH for a folder
//     node sbom.mjs SBOM.json --why lodash       why a package is there
//     node sbom.mjs SBOM.json --license 'GPL-*'  which packages have such a licence
//     node sbom.mjs OLD.json --to NEW.json       what changed
//     node sbom.mjs ANY --write spdx-2.3 --out FILE
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Sbom } from 'cache-guardian';

const text = { type: 'string' };
const { values: asked, positionals } = parseArgs({
  options: { why: text, license: text, to: text, write: text, out: text },
  allowPositionals: true,
});
const sbom = await read(positionals[0]);

if (asked.write) {
  const { bytes, lost } = sbom.write(asked.write);
  writeFileSync(asked.out, bytes);
  for (const { position, message } of lost) console.error(`${position}: ${message}`);
} else if (asked.why) {
  for (const path of sbom.paths(asked.why).paths) {
    console.log(path.map(({ name, version }) => `${name} ${version ?? ''}`.trim()).join(' -> '));
  }
} else if (asked.license) {
  for (const { name, version, licenses } of sbom.find({ license: asked.license })) {
    console.log(name, version ?? '', licenses.join(' AND '));
  }
} else if (asked.to) {
  const { added, removed, versions } = sbom.diff(await read(asked.to));
  for (const { name, version } of added) console.log(`+ ${name} ${version ?? ''}`);
  for (const { name, version } of removed) console.log(`- ${name} ${version ?? ''}`);
  for (const { name, before, after } of versions) console.log(`  ${name} ${before} -> ${after}`);
} else {
  const { packages, byType } = sbom.count();
  console.log(`${sbom.format}: ${packages} packages ${JSON.stringify(byType)}`);
  for (const [identifier, number] of Object.entries(sbom.licenses().identifiers)) {
    console.log(`${String(number).padStart(6)} ${identifier}`);
  }
  const { percent, elements } = sbom.score();
  console.log(`minimum elements: ${percent} %`);
  for (const { element, have, of } of elements) {
    if (have < of) console.log(`  ${element}: ${have} of ${of}`);
  }
}

function read(what) {
  if (existsSync(what)) return Sbom.parse(readFileSync(what));
  const request = what.startsWith('dir:') ? { folder: what.slice('dir:'.length) } : { image: what };
  return Sbom.generate(request, { onProgress });
}

function onProgress(news) {
  if (news.kind === 'layer') console.error(`layer ${news.digest}: ${news.size} bytes${news.known ? ', known' : ''}`);
  if (news.kind === 'packages') console.error(`${news.count} packages`);
}
