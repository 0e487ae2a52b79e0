'use strict';
// What each call takes, in the order of native.d.ts. What promises rejects with what is wrong; the others throw it. A test gives
// each of them wrong things, by native.d.ts.

const { an, bytes, count, data, evidence, flag, func, gate, headers, list, maybe, options, signal, text } = require('./arguments.cjs');

const now = (takes) => ({ takes, promises: false });
const later = (takes) => ({ takes, promises: true });

const approvals = list(an('Approval'));
const at = maybe(text);
const desk = an('AnswerDesk');
const given = list(evidence);
const plan = an('Plan');
const sbom = an('Sbom');
const stop = options({ signal });
const look = options({ signal, platform: text });
const planning = options({ signal, given });
const watching = options({ signal, onProgress: func });
const executing = options({ signal, given, onProgress: func });

module.exports = {
  Administrator: {
    new: now({ config: data }),
    ask: later({ question: data, options: stop }),
    plan: later({ request: data, options: stop }),
    askPeople: later({ plan, desk, config: data, options: stop }),
    execute: later({ plan, approvals, options: stop }),
    journal: later({ plan: text, options: stop }),
  },
  AnswerDesk: {
    new: now({ config: data }),
    slack: now({ headers: maybe(headers), body: bytes, at }),
    teams: now({ headers: maybe(headers), body: bytes, at }),
  },
  Approval: {
    fromJson: now({ json: bytes }),
  },
  Assessment: {
    fromJson: now({ json: bytes }),
    write: now({ format: text, options: options({ width: count, location: text }) }),
  },
  Database: {
    open: now({ path: text }),
    build: later({ request: data, options: stop }),
    update: later({ request: data, options: watching }),
  },
  Plan: {
    fromJson: now({ json: bytes }),
    withDeadlines: now({ deadlines: data, at }),
    approveByCallback: later({ ask: func, at }),
    approveOnTerminal: later({ approver: text, at }),
    approveBySignature: later({ answer: data, signer: data, at, token: maybe(func) }),
  },
  Promoter: {
    new: now({ config: data, gates: maybe(list(gate)), token: maybe(func) }),
    plan: later({ request: data, options: planning }),
    assess: later({ request: data, options: planning }),
    planAttaching: later({ request: data, options: stop }),
    planBreakingGlass: later({ request: data, breakGlass: data, options: planning }),
    planRollback: later({ request: data, options: stop }),
    reproduce: later({ request: data, options: planning }),
    ask: later({ plan, desk, config: data, options: stop }),
    execute: later({ plan, approvals, options: executing }),
    journal: later({ plan: text, options: stop }),
  },
  Registries: {
    new: now({ config: maybe(data) }),
    tags: later({ repository: text, options: stop }),
    digest: later({ image: text, options: look }),
    manifest: later({ image: text, options: look }),
    config: later({ image: text, options: look }),
    inspect: later({ image: text, options: look }),
    referrers: later({ image: text, options: stop }),
    blob: later({ repository: text, descriptor: data, options: stop }),
    findings: later({ image: text, options: look }),
    repositories: later({ host: text, options: stop }),
    login: later({ host: text, options: stop }),
    saveLogin: later({ host: text, path: maybe(text) }),
  },
  Retention: {
    new: now({ config: data }),
    plan: later({ request: data, options: watching }),
    ask: later({ plan, desk, config: data, options: stop }),
    execute: later({ plan, approvals, options: options({ signal, dryRun: flag }) }),
    planRestore: later({ request: data, options: stop }),
    restore: later({ plan, approvals, file: text, options: stop }),
    journal: later({ plan: text, options: stop }),
  },
  Sbom: {
    parse: now({ document: bytes }),
    generate: later({ request: data, options: watching }),
    validate: now({ document: bytes }),
    merge: now({ sboms: list(sbom) }),
    find: now({ query: data }),
    paths: now({ what: text, most: maybe(count) }),
    dependsOn: now({ what: text, transitive: maybe(flag) }),
    dependentsOf: now({ what: text, transitive: maybe(flag) }),
    diff: now({ later: sbom }),
    write: now({ format: text }),
  },
  Scanner: {
    new: now({ config: data }),
    scan: later({ request: data, options: watching }),
    scanSbom: later({ sbom, options: stop }),
  },
  alert: later({ channels: data, alert: data, options: stop }),
  assess: now({ documents: given, request: maybe(data) }),
  checkPolicy: now({ policy: text }),
  explainPolicy: now({ vendor: text, text }),
  generateKey: later({ kind: maybe(text), password: maybe(text) }),
  mergeReports: now({ reports: list(data) }),
  parseReport: now({ document: bytes }),
  refreshTrustedRoot: later({ request: data, options: stop }),
  simulatePolicy: now({ request: data }),
  tellStory: later({ request: data, options: stop }),
  translatePolicy: now({ request: data }),
  verify: later({ request: data, options: stop }),
  verifyFile: later({ request: data }),
  verifyJournal: later({ request: data, journal: bytes, options: stop }),
};
