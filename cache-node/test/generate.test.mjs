// SBOMs made of images and folders.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Invalid, NotFound, Sbom } from '../index.mjs';
import { example, place } from './helper.mjs';

const clock = '2026-01-31T12:00:00Z';
const manifest = (name, version) => [`app/node_modules/${name}/package.json`, JSON.stringify({ name, version })];

// One file as a tar: a ustar header, the content, and zeros.
function entry([name, content]) {
  const header = Buffer.alloc(512);
  const field = (text, at) => header.write(text, at, 'latin1');
  field(name, 0);
  field('0000644\0', 100);
  field(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
  field('00000000000\0', 136);
  field('        0', 148);
  field('ustar\x0000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  field(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([header, Buffer.from(content), Buffer.alloc((512 - (content.length % 512)) % 512)]);
}
const layer = (...files) => gzipSync(Buffer.concat([...files.map(entry), Buffer.alloc(1024)]));

const amd64 = '{"os": "linux", "architecture": "amd64"}';
function layout(folder, ...layers) {
  const blobs = path.join(folder, 'blobs', 'sha256');
  mkdirSync(blobs, { recursive: true });
  const blob = (mediaType, content) => {
    const digest = createHash('sha256').update(content).digest('hex');
    writeFileSync(path.join(blobs, digest), content);
    return { mediaType, digest: `sha256:${digest}`, size: content.length };
  };
  const oci = 'application/vnd.oci.image.';
  const image = {
    schemaVersion: 2,
    mediaType: `${oci}manifest.v1+json`,
    config: blob(`${oci}config.v1+json`, amd64),
    layers: layers.map((content) => blob(`${oci}layer.v1.tar+gzip`, content)),
  };
  const annotations = { 'org.opencontainers.image.ref.name': 'v1' };
  const listed = { ...blob(`${oci}manifest.v1+json`, JSON.stringify(image)), annotations };
  writeFileSync(path.join(folder, 'oci-layout'), '{"imageLayoutVersion": "1.0.0"}');
  writeFileSync(path.join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [listed] }));
  return `oci:${folder}:v1`;
}
const purls = (sbom) => sbom.find({ type: 'npm' }).map(({ purl }) => purl);

test('an image is read, and the watcher sees layers, bytes and packages', async () => {
  const folder = place();
  const layers = [layer(manifest('web', '1.0.0')), layer(manifest('lodash', '4.17.21'))];
  const request = { image: layout(folder, ...layers), layerCache: path.join(folder, 'kept'), clock };
  const seen = [];
  const onProgress = (news) => seen.push(news);
  const sbom = await Sbom.generate(request, { onProgress });
  assert.ok(sbom instanceof Sbom);
  assert.deepEqual(purls(sbom).sort(), ['pkg:npm/lodash@4.17.21', 'pkg:npm/web@1.0.0']);
  const size = layers.reduce((total, { length }) => total + length, 0);
  const read = seen.filter(({ kind }) => kind === 'bytes').reduce((total, news) => total + news.read, 0);
  assert.equal(read, size);
  assert.deepEqual(seen.at(-1), { kind: 'packages', count: sbom.data.packages.length });
  // What is known of a layer is not read again, and the same image gives the same document.
  seen.length = 0;
  const again = await Sbom.generate(request, { onProgress });
  assert.deepEqual(seen.map(({ kind, known }) => known ?? kind), [true, true, 'packages']);
  assert.deepEqual(again.write('spdx-2.3'), sbom.write('spdx-2.3'));
});

test('an image that is there alone is for the platform that it says', async () => {
  const image = layout(place(), layer(manifest('web', '1.0.0')));
  assert.deepEqual(purls(await Sbom.generate({ image, platform: 'linux/amd64' })), ['pkg:npm/web@1.0.0']);
  await assert.rejects(Sbom.generate({ image, platform: 'linux/arm64' }), NotFound);
});

test('a folder is read', async () => {
  const folder = place();
  const lock = { lockfileVersion: 3, packages: { 'node_modules/web': { version: '1.0.0' } } };
  writeFileSync(path.join(folder, 'package-lock.json'), JSON.stringify(lock));
  assert.deepEqual(purls(await Sbom.generate({ folder })), ['pkg:npm/web@1.0.0']);
  assert.deepEqual(purls(await Sbom.generate({ folder, without: ['package-lock.json'] })), []);
  await assert.rejects(Sbom.generate({ folder, limits: { file: 1 } }), Invalid);
});

test('a signal, and what a watcher throws, stop the work', async () => {
  const image = layout(place(), layer(manifest('web', '1.0.0')));
  const control = new AbortController();
  const abort = { onProgress: () => control.abort(), signal: control.signal };
  await assert.rejects(Sbom.generate({ image }, abort), { name: 'AbortError' });
  const enough = new RangeError('enough');
  const onProgress = () => {
    throw enough;
  };
  await assert.rejects(Sbom.generate({ image }, { onProgress }), (error) => error === enough);
  await assert.rejects(Sbom.generate({ image }, { onProgress: async () => onProgress() }), (error) => error === enough);
});

test('a request that contradicts itself is invalid', async () => {
  const image = layout(place(), layer(manifest('web', '1.0.0')));
  for (const request of [{}, { image, folder: '.' }, { image, platform: 'linux' }, { imag: image }]) {
    await assert.rejects(Sbom.generate(request), Invalid);
  }
  await assert.rejects(Sbom.generate({ folder: 'no/such/folder' }), NotFound);
});

test('the example makes an SBOM and answers of it', () => {
  const folder = place();
  const image = layout(folder, layer(manifest('web', '1.0.0')));
  const out = path.join(folder, 'sbom.json');
  execFileSync(process.execPath, [example('sbom.mjs'), image, '--write', 'spdx-2.3', '--out', out]);
  assert.equal(Sbom.parse(readFileSync(out)).count().byType.npm, 1);
});
