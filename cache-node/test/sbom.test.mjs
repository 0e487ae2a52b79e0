// SBOMs: read, asked, compared, merged.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Invalid, Sbom, Unsupported } from '../index.mjs';

function document(version, license) {
  const component = (name, version) => ({
    type: 'library',
    'bom-ref': name,
    name,
    version,
    purl: `pkg:npm/${name}@${version}`,
    licenses: [{ expression: license }],
  });
  return Buffer.from(
    JSON.stringify({
      bomFormat: 'CycloneDX',
      specVersion: '1.6',
      components: [component('web', '1.0.0'), component('lodash', version)],
      dependencies: [{ ref: 'web', dependsOn: ['lodash'] }],
    }),
  );
}

test('what people ask of an SBOM', () => {
  const sbom = Sbom.parse(document('4.17.20', 'MIT OR GPL-3.0-only'));
  assert.equal(sbom.format, 'CycloneDX-1.6');
  assert.deepEqual([sbom.count().packages, sbom.count().byType], [2, { npm: 2 }]);
  assert.deepEqual(sbom.find({ purl: 'pkg:npm/lodash' }).map(({ name }) => name), ['lodash']);
  assert.deepEqual(sbom.find({ license: 'GPL-*', name: 'w*' }).map(({ name }) => name), ['web']);
  assert.deepEqual(sbom.licenses().identifiers, { 'GPL-3.0-only': 2, MIT: 2 });
  assert.equal(sbom.data.packages[1].version, '4.17.20');
  assert.equal(sbom.score().complete, false);
  assert.deepEqual(sbom.paths('lodash').paths.map((path) => path.map(({ name }) => name)), [['web', 'lodash']]);
  assert.deepEqual(sbom.paths('nothing', 1), { found: 0, paths: [], more: false });
  assert.deepEqual(sbom.dependsOn('web', true).map(({ name }) => name), ['lodash']);
  assert.deepEqual(sbom.dependentsOf('pkg:npm/lodash').map(({ name }) => name), ['web']);
});

test('an SBOM is converted', () => {
  const sbom = Sbom.parse(document('4.17.20', 'MIT'));
  const again = Sbom.parse(sbom.write('spdx-2.3').bytes);
  assert.equal(again.format, 'SPDX-2.3');
  assert.deepEqual([sbom.diff(again).unchanged, sbom.diff(again).versions], [2, []]);
  assert.throws(() => sbom.write('word-97'), Invalid);
});

test('an SBOM is XML too, and is checked by the letter', () => {
  const { bytes, lost } = Sbom.parse(document('4.17.20', 'MIT')).write('cyclonedx-1.6-xml');
  assert.deepEqual([lost, Sbom.parse(bytes).format, Sbom.validate(bytes)], [[], 'CycloneDX-1.6-xml', []]);
  const broken = Buffer.from(bytes.toString().replaceAll('<name>', '<nome>').replaceAll('</name>', '</nome>'));
  const codes = new Set(Sbom.validate(broken).map(({ code }) => code));
  assert.deepEqual([...codes].sort(), ['missing-member', 'unknown-element']);
  assert.throws(() => Sbom.validate(Buffer.from('{}')), Unsupported);
});

test('two SBOMs are compared and merged', () => {
  const [before, after] = [document('4.17.20', 'MIT'), document('4.17.21', 'MIT License')].map((it) => Sbom.parse(it));
  const diff = before.diff(after);
  const change = { name: 'lodash', purl: 'pkg:npm/lodash', before: '4.17.20', after: '4.17.21' };
  assert.deepEqual([diff.versions, diff.licenses, diff.unchanged], [[change], [], 1]);
  const merged = Sbom.merge([before, after]);
  assert.ok(merged instanceof Sbom);
  assert.equal(merged.count().packages, 3);
});

test('what is no SBOM and no query is invalid', () => {
  assert.throws(() => Sbom.parse(Buffer.from('{}')), Invalid);
  assert.throws(() => Sbom.parse(document('1', 'MIT')).find({ purll: '' }), /purll/);
});
