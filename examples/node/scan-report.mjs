#!/usr/bin/env node
// Says whether an image may go on as far as its vulnerabilities are concerned, and writes the reports that people and tools read.
//
//     node scan-report.mjs --report REPORT.json [--report ...] [--vex VEX.json ...] [--sbom SBOM.json]
//         [--policy POLICY.yaml] [--environment prod] [--image NAME] [--out DIR --format html --format sarif ...]
//
// A REPORT is that of Grype, of Trivy or of Cache. The exit code is 0 where the image may go on, 2 where it may not, 1 where that
// cannot be told.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { CacheError, assess } from 'cache-guardian';

const endings = { json: 'json', markdown: 'md', table: 'txt', junit: 'junit.xml', html: 'html' };
const text = { type: 'string' };
const several = { type: 'string', multiple: true, default: [] };
const { values: asked } = parseArgs({
  options: {
    report: several,
    vex: several,
    sbom: several,
    policy: text,
    environment: text,
    image: text,
    clock: text,
    out: { ...text, default: '.' },
    format: several,
  },
});

try {
  const documents = ['report', 'vex', 'sbom'].flatMap((kind) => asked[kind].map((path) => ({ kind, path })));
  const { image, policy, environment, clock } = asked;
  const assessment = assess(documents, { image, policy, environment, clock });
  for (const name of asked.format) {
    const file = path.join(asked.out, `scan-report.${endings[name] ?? `${name}.json`}`);
    writeFileSync(file, assessment.write(name));
    console.error(file);
  }
  process.stdout.write(assessment.write('table', { width: process.stdout.columns }));
  process.exitCode = assessment.allows ? 0 : 2;
} catch (error) {
  if (!(error instanceof CacheError)) throw error;
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
}
