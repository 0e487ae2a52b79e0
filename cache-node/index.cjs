'use strict';
// The native half, with its errors as classes. Nothing else happens here: types and documentation are those of native.d.ts.

const native = require('./cache-node.node');
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

function translateMembers(holder) {
  for (const [name, member] of Object.entries(Object.getOwnPropertyDescriptors(holder))) {
    if (name === 'constructor' || !member.configurable) continue;
    if (member.get) Object.defineProperty(holder, name, { ...member, get: translated(member.get) });
    else if (typeof member.value === 'function' && member.writable) holder[name] = translated(member.value);
  }
}

const { Approval, Outlook, Plan, Receipt } = native;
for (const made of [Approval, Outlook, Plan, Receipt, native.Promoter]) translateMembers(made.prototype);
for (const made of [Approval, Plan]) made.fromJson = translated(made.fromJson);

// The native half waits for promises; an `async` function makes one of a value, and of what was thrown.
const approveByCallback = Plan.prototype.approveByCallback;
Plan.prototype.approveByCallback = function (ask, at) {
  return approveByCallback.call(this, async (plan) => ask(plan), at);
};

const Promoter = new Proxy(native.Promoter, {
  construct(target, [config, gates = []], made) {
    const asked = gates.map((gate) => ({ name: gate.name, judge: async (evidence) => gate.judge(evidence) }));
    return translated(() => Reflect.construct(target, [config, asked], made))();
  },
});

module.exports = { Approval, Outlook, Plan, Promoter, Receipt, errorKinds: native.errorKinds, ...errors };
