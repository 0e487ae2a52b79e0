'use strict';
// The native half, with its errors as classes and with signals that stop it. Nothing else happens here: types and
// documentation are those of native.d.ts.

const native = require('./load.cjs');
const { translate, ...errors } = require('./errors.cjs');

const translated = (call) =>
  function (...given) {
    try {
      const result = call.apply(this, given);
      if (!(result instanceof Promise)) return result;
      return result.catch((error) => {
        throw translate(error);
      });
    } catch (error) {
      throw translate(error);
    }
  };

// The class that users see: it has the prototype of the native one, whose static members cannot be replaced.
function face(made, construct) {
  const Face = { [made.name]: function (...given) { return translated(construct)(...given); } }[made.name];
  for (const [name, member] of Object.entries(Object.getOwnPropertyDescriptors(made.prototype))) {
    if (name === 'constructor') continue;
    const part = member.get ? 'get' : 'value';
    Object.defineProperty(made.prototype, name, { ...member, [part]: translated(member[part]) });
  }
  Face.prototype = made.prototype;
  Object.defineProperty(made.prototype, 'constructor', { value: Face, configurable: true });
  for (const name of ['build', 'fromJson', 'generate', 'merge', 'open', 'parse', 'update', 'validate']) {
    if (made[name]) Face[name] = translated((...given) => made[name](...given));
  }
  return Face;
}

const notByHand = () => {
  throw new TypeError('only the methods of Cache make these');
};
const made = Object.fromEntries(
  [
    'Approval',
    'Assessment',
    'Carried',
    'Cleaned',
    'Database',
    'Outlook',
    'Plan',
    'Proposal',
    'Receipt',
    'Reproduction',
    'Sbom',
    'Story',
  ].map((name) => [name, face(native[name], notByHand)]),
);
const { Approval, Assessment, Carried, Cleaned, Database, Outlook, Plan, Proposal, Receipt, Reproduction, Sbom, Story } = made;
const Scanner = face(native.Scanner, (config) => new native.Scanner(config));
const NativeDesk = native.AnswerDesk;
const AnswerDesk = face(NativeDesk, (config) => new NativeDesk(config));
const Registries = face(native.Registries, (config) => new native.Registries(config));

// The native half waits for promises; an `async` function makes one of a value, and of what was thrown.
const { approveByCallback, approveBySignature } = Plan.prototype;
Plan.prototype.approveByCallback = function (ask, at) {
  return approveByCallback.call(this, async (plan) => ask(plan), at);
};
const promising = (token) => token && (async (audience) => token(audience));
Plan.prototype.approveBySignature = function (answer, signer, at, token) {
  return approveBySignature.call(this, answer, signer, at, promising(token));
};
const NativePromoter = native.Promoter;
const Promoter = face(NativePromoter, (config, gates = [], token) => {
  const asked = gates.map((gate) => ({ name: gate.name, judge: async (evidence) => gate.judge(evidence) }));
  return new NativePromoter(config, asked, promising(token));
});
const NativeRetention = native.Retention;
const Retention = face(NativeRetention, (config) => new NativeRetention(config));
const NativeAdministrator = native.Administrator;
const Administrator = face(NativeAdministrator, (config) => new NativeAdministrator(config));

// Signals become promises, which the native half waits for. A promise that nobody can settle any more goes away.
async function stoppable({ signal, onProgress, ...options }, call) {
  signal?.throwIfAborted();
  let stop, why;
  const stopped = new Promise((resolve) => {
    stop = (reason) => {
      why ??= { reason };
      resolve();
    };
  });
  const abort = () => stop(signal.reason);
  signal?.addEventListener('abort', abort);
  if (onProgress) {
    options.onProgress = (progress) => {
      try {
        onProgress(progress);
      } catch (thrown) {
        stop(thrown);
      }
      return why === undefined;
    };
  }
  try {
    return await call({ ...options, signal: stopped });
  } catch (error) {
    throw why !== undefined && error.message === 'STOPPED' ? why.reason : error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}
const { generate } = Sbom;
Sbom.generate = (request, options) => stoppable(options ?? {}, (known) => generate(request, known));
const { build, update } = Database;
Database.build = (request, options) => stoppable(options ?? {}, (known) => build(request, known));
Database.update = (request, options) => stoppable(options ?? {}, (known) => update(request, known));
const { scan, scanSbom } = Scanner.prototype;
Scanner.prototype.scan = function (request, options) {
  return stoppable(options ?? {}, (known) => scan.call(this, request, known));
};
Scanner.prototype.scanSbom = function (sbom, options) {
  return stoppable(options ?? {}, (known) => scanSbom.call(this, sbom, known));
};
for (const name of ['config', 'digest', 'inspect', 'login', 'manifest', 'referrers', 'repositories', 'tags']) {
  const look = Registries.prototype[name];
  Registries.prototype[name] = function (what, options) {
    return stoppable(options ?? {}, (known) => look.call(this, what, known));
  };
}
const { assess: assessRequest, plan, planAttaching, planBreakingGlass, planRollback, reproduce, ask, execute } =
  Promoter.prototype;
Promoter.prototype.assess = function (request, options) {
  return stoppable(options ?? {}, (known) => assessRequest.call(this, request, known));
};
Promoter.prototype.plan = function (request, options) {
  return stoppable(options ?? {}, (known) => plan.call(this, request, known));
};
Promoter.prototype.planAttaching = function (request, options) {
  return stoppable(options ?? {}, (known) => planAttaching.call(this, request, known));
};
Promoter.prototype.planBreakingGlass = function (request, breakGlass, options) {
  return stoppable(options ?? {}, (known) => planBreakingGlass.call(this, request, breakGlass, known));
};
Promoter.prototype.planRollback = function (request, options) {
  return stoppable(options ?? {}, (known) => planRollback.call(this, request, known));
};
Promoter.prototype.reproduce = function (request, options) {
  return stoppable(options ?? {}, (known) => reproduce.call(this, request, known));
};
Promoter.prototype.ask = function (asked, desk, config, options) {
  return stoppable(options ?? {}, (known) => ask.call(this, asked, desk, config, known));
};
Promoter.prototype.execute = function (approved, approvals, options) {
  return stoppable(options ?? {}, (known) => execute.call(this, approved, approvals, known));
};
const { plan: planRetention, ask: askToClean, execute: clean, planRestore, restore } = Retention.prototype;
Retention.prototype.plan = function (request, options) {
  return stoppable(options ?? {}, (known) => planRetention.call(this, request, known));
};
Retention.prototype.ask = function (asked, desk, config, options) {
  return stoppable(options ?? {}, (known) => askToClean.call(this, asked, desk, config, known));
};
Retention.prototype.execute = function (approved, approvals, options) {
  return stoppable(options ?? {}, (known) => clean.call(this, approved, approvals, known));
};
Retention.prototype.planRestore = function (request, options) {
  return stoppable(options ?? {}, (known) => planRestore.call(this, request, known));
};
Retention.prototype.restore = function (approved, approvals, file, options) {
  return stoppable(options ?? {}, (known) => restore.call(this, approved, approvals, file, known));
};
const { ask: askSystem, askPeople, plan: planUpkeep, execute: carryOut } = Administrator.prototype;
Administrator.prototype.ask = function (question, options) {
  return stoppable(options ?? {}, (known) => askSystem.call(this, question, known));
};
Administrator.prototype.askPeople = function (asked, desk, config, options) {
  return stoppable(options ?? {}, (known) => askPeople.call(this, asked, desk, config, known));
};
Administrator.prototype.plan = function (request, options) {
  return stoppable(options ?? {}, (known) => planUpkeep.call(this, request, known));
};
Administrator.prototype.execute = function (approved, approvals, options) {
  return stoppable(options ?? {}, (known) => carryOut.call(this, approved, approvals, known));
};

const { errorKinds } = native;
const assess = translated(native.assess);
const alertNow = translated(native.alert);
const alert = (channels, told, options) => stoppable(options ?? {}, (known) => alertNow(channels, told, known));
const [explainPolicy, simulatePolicy, translatePolicy] = [
  native.explainPolicy,
  native.simulatePolicy,
  native.translatePolicy,
].map(translated);
const generateKey = translated(native.generateKey);
const mergeReports = translated(native.mergeReports);
const parseReport = translated(native.parseReport);
const tellNow = translated(native.tellStory);
const tellStory = (request, options) => stoppable(options ?? {}, (known) => tellNow(request, known));
const verifyNow = translated(native.verify);
const verify = (request, options) => stoppable(options ?? {}, (known) => verifyNow(request, known));
const verifyJournalNow = translated(native.verifyJournal);
const verifyJournal = (request, journal, options) =>
  stoppable(options ?? {}, (known) => verifyJournalNow(request, journal, known));
const refreshNow = translated(native.refreshTrustedRoot);
const refreshTrustedRoot = (request, options) => stoppable(options ?? {}, (known) => refreshNow(request, known));

module.exports = {
  Administrator,
  AnswerDesk,
  Approval,
  Assessment,
  Carried,
  Cleaned,
  Database,
  Outlook,
  Plan,
  Promoter,
  Proposal,
  Receipt,
  Registries,
  Reproduction,
  Retention,
  Sbom,
  Scanner,
  Story,
  alert,
  assess,
  errorKinds,
  explainPolicy,
  generateKey,
  mergeReports,
  parseReport,
  refreshTrustedRoot,
  simulatePolicy,
  tellStory,
  translatePolicy,
  verify,
  verifyJournal,
  ...errors,
};
