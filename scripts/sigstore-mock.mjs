#!/usr/bin/env node
// Serves what @sigstore/mock has of Fulcio, a certificate log and Rekor (version 1) on the loopback, for `make interop`. One line
// of JSON says where they are and what to trust; they stop when the input ends.
//
//     node sigstore-mock.mjs FOLDER      the folder with the package in node_modules
//
// The package answers the client of its own authors. What others rely on is added here: the token is in a header, a certificate
// comes with status 200, a `dsse` entry is kept as Rekor keeps it, by its hashes, and the name of an entry is in a header.
import { createHash, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(path.resolve(process.argv[2], 'package.json'));
const { fulcioHandler, initializeCA, initializeCTLog, initializeTLog, rekorHandler } = require('@sigstore/mock');

const key = () => generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const hash = (bytes) => ({ algorithm: 'sha256', value: createHash('sha256').update(bytes).digest('hex') });
const server = createServer(answer);
await once(server.listen(0, '127.0.0.1'), 'listening');
const url = `http://127.0.0.1:${server.address().port}`;

const ctlog = await initializeCTLog(key());
const ca = await initializeCA(key(), ctlog);
const tlog = await initializeTLog(url, key());
const [fulcio, rekor] = [fulcioHandler(ca), rekorHandler(tlog)];

function logged(proposed) {
  if (proposed.kind !== 'dsse') return proposed;
  const { envelope, verifiers } = proposed.spec.proposedContent;
  const { payload, signatures } = JSON.parse(envelope);
  const spec = {
    envelopeHash: hash(envelope),
    payloadHash: hash(Buffer.from(payload, 'base64')),
    signatures: signatures.map(({ sig }, at) => ({ signature: sig, verifier: verifiers[at] })),
  };
  return { ...proposed, spec };
}

async function answer(request, response) {
  const parts = [];
  for await (const part of request) parts.push(part);
  const reply = (status, type, body, more) => response.writeHead(status, { 'content-type': type, ...more }).end(body);
  try {
    const body = JSON.parse(Buffer.concat(parts));
    if (request.url === fulcio.path) {
      const oidcIdentityToken = request.headers.authorization.replace(/^Bearer /, '');
      const made = await fulcio.fn(JSON.stringify({ ...body, credentials: { oidcIdentityToken } }));
      return reply(made.statusCode === 201 ? 200 : made.statusCode, 'application/json', made.response);
    }
    if (request.url === rekor.path) {
      const made = await rekor.fn(JSON.stringify(logged(body)));
      if (made.statusCode !== 201) return reply(made.statusCode, 'text/plain', made.response);
      const [uuid] = Object.keys(JSON.parse(made.response));
      return reply(201, 'application/json', made.response, { etag: uuid, location: `${rekor.path}/${uuid}` });
    }
    return reply(404, 'text/plain', 'there is nothing here');
  } catch (error) {
    return reply(400, 'text/plain', error.message);
  }
}

const base64 = (bytes) => Buffer.from(bytes).toString('base64');
const valid = { start: '2020-01-01T00:00:00Z' };
const log = (baseUrl, spki, id) => ({
  baseUrl,
  hashAlgorithm: 'SHA2_256',
  publicKey: { rawBytes: base64(spki), keyDetails: 'PKIX_ECDSA_P256_SHA_256', validFor: valid },
  logId: { keyId: base64(id) },
});
const trustedRoot = {
  mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
  tlogs: [log(url, tlog.publicKey, createHash('sha256').update(tlog.publicKey).digest())],
  ctlogs: [log(`${url}/ct`, ctlog.publicKey, ctlog.logID)],
  certificateAuthorities: [
    { uri: url, validFor: valid, certChain: { certificates: [{ rawBytes: base64(ca.rootCertificate) }] } },
  ],
  timestampAuthorities: [],
};
const service = { url, majorApiVersion: 1, operator: 'mock', validFor: valid };
const signingConfig = {
  mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json',
  caUrls: [service],
  oidcUrls: [],
  rekorTlogUrls: [service],
  rekorTlogConfig: { selector: 'ANY' },
  tsaUrls: [],
  tsaConfig: { selector: 'ANY' },
};
console.log(JSON.stringify({ trustedRoot, signingConfig }));
process.stdin.resume().on('end', () => process.exit());
