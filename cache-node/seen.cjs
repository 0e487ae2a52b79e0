'use strict';
// What is seen of an object: plain data in JSON, and one line where it is a text or printed, in the words of Python's `repr`. The
// secrets of accounts are in neither.

const { inspect } = require('node:util');

const pick = (...names) => (it) => Object.fromEntries(names.map((name) => [name, it[name]]));
const data = (it) => it.data;
const summary = ({ complete, dryRun }) => (complete ? 'complete' : dryRun ? 'dry run: nothing was changed' : 'NOT COMPLETE');

const seen = {
  Approval: {
    json: pick('plan', 'digest', 'decision', 'kind', 'approver', 'at', 'comment', 'expires', 'reference'),
    words: ({ decision, approver, plan }) => `${decision} by ${JSON.stringify(approver)} of ${plan}`,
  },
  Assessment: { json: data, words: (it) => `${it.outcome}, ${it.data.vulnerabilities.length} vulnerabilities` },
  Carried: { json: pick('complete', 'receipt'), words: ({ receipt }) => `by ${receipt.data.plan}, ${summary(receipt)}` },
  Cleaned: {
    json: data,
    words: ({ receipt, broken }) => `by ${receipt.data.plan}, ${summary(broken.length > 0 ? {} : receipt)}`,
  },
  Database: { json: pick('digest', 'info'), words: ({ digest, info }) => `${digest}, ${info.advisories} advisories` },
  Outlook: { json: pick('state', 'plan', 'verdicts'), words: ({ state }) => state },
  Plan: { json: data, words: ({ digest }) => digest },
  Proposal: { json: data, words: ({ state }) => state },
  Receipt: { json: data, words: (it) => `of ${it.data.plan}, ${summary(it)}` },
  Reproduction: { json: pick('record', 'statement', 'by', 'verdicts'), words: ({ record }) => `of ${record.plan}` },
  Sbom: { json: data, words: (it) => `${it.format}, ${it.data.packages.length} packages` },
  Scanner: { json: ({ info }) => info, words: ({ info }) => info.name },
  Story: { json: data, words: ({ data: { reference, events } }) => `of ${reference}, ${events.length} events` },
};

// Adds it to the prototype of a class.
function show(name, prototype) {
  if (seen[name] === undefined) return;
  const { json, words } = seen[name];
  const line = (it) => {
    try {
      return `${name} ${words(it)}`;
    } catch {
      // The prototype is printed too.
      return name;
    }
  };
  const methods = {
    toJSON() { return json(this); },
    toString() { return line(this); },
    [inspect.custom]() { return line(this); },
  };
  for (const key of Reflect.ownKeys(methods)) {
    Object.defineProperty(prototype, key, { value: methods[key], writable: true, configurable: true });
  }
}

module.exports = { show };
