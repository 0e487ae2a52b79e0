'use strict';
// The error classes: one for each kind of error of the core. The native half sends an error as JSON in its message.

class CacheError extends Error {
  constructor(message, { hint = null, context = {}, causes = [] } = {}) {
    super(message, causes.length > 0 ? { cause: new Error(causes.join(': ')) } : undefined);
    this.name = new.target.name;
    this.code = new.target.code;
    this.hint = hint;
    this.context = context;
  }
}

const kinds = {
  Invalid: 'INVALID',
  NotFound: 'NOT_FOUND',
  Unauthenticated: 'UNAUTHENTICATED',
  Denied: 'DENIED',
  Conflict: 'CONFLICT',
  Untrusted: 'UNTRUSTED',
  Unapproved: 'UNAPPROVED',
  Unsupported: 'UNSUPPORTED',
  RateLimited: 'RATE_LIMITED',
  Unavailable: 'UNAVAILABLE',
  Unexpected: 'UNEXPECTED',
};

const classes = Object.fromEntries(
  Object.entries(kinds).map(([name, code]) => {
    const made = { [name]: class extends CacheError {} }[name];
    made.code = code;
    return [name, made];
  }),
);
const byCode = new Map(Object.values(classes).map((made) => [made.code, made]));

// The class for an error of the native half; any other error stays as it is.
function translate(error) {
  let sent;
  try {
    sent = JSON.parse(error.message);
  } catch {
    return error;
  }
  const Kind = byCode.get(sent?.code);
  if (Kind === undefined) return error;
  const context = {};
  for (const [key, value] of sent.context) {
    // A key may come more than once, such as the approvals that were ignored.
    context[key] = key in context ? `${context[key]}\n${value}` : value;
  }
  return new Kind(sent.message, { hint: sent.hint, context, causes: sent.causes });
}

module.exports = { CacheError, ...classes, translate };
