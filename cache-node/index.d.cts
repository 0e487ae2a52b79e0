// `native.d.ts` is generated; what is added to it are the errors, and what no user can construct.
export * from './native.js';
export * from './types.js';
export {
  Approval,
  Assessment,
  Carried,
  Cleaned,
  Database,
  Outlook,
  Plan,
  Proposal,
  Receipt,
  Reproduction,
  Sbom,
  Story,
} from './types/made.js';

/** The codes of the kinds of errors. */
export type ErrorCode =
  | 'INVALID'
  | 'NOT_FOUND'
  | 'UNAUTHENTICATED'
  | 'DENIED'
  | 'CONFLICT'
  | 'UNTRUSTED'
  | 'UNAPPROVED'
  | 'UNSUPPORTED'
  | 'RATE_LIMITED'
  | 'UNAVAILABLE'
  | 'UNEXPECTED';

/** What is known of an error besides its message. */
export interface ErrorDetails {
  hint?: string | null | undefined;
  context?: Record<string, string> | undefined;
  cause?: unknown;
}

/**
 * What went wrong, where, and what to do about it: each is of a class below, one for each code. A gate's "no" is never an error:
 * it is a verdict.
 */
export abstract class CacheError extends Error {
  static readonly code: ErrorCode;
  constructor(message: string, details?: ErrorDetails);
  readonly code: ErrorCode;
  /** What to do about it, where that is known. */
  readonly hint: string | null;
  /** Where it happened. */
  readonly context: Record<string, string>;
}
/** What the caller gave is malformed: a reference, a policy, a document. */
export class Invalid extends CacheError {}
/** The named thing is not there. */
export class NotFound extends CacheError {}
/** Nobody is logged in, or the credentials were refused. */
export class Unauthenticated extends CacheError {}
/** The credentials are good but may not do this. */
export class Denied extends CacheError {}
/** The world is not as the plan expected it. */
export class Conflict extends CacheError {}
/** Bytes, a signature or a digest did not verify. */
export class Untrusted extends CacheError {}
/** No sufficient approval by a human. */
export class Unapproved extends CacheError {}
/** This system cannot do that. */
export class Unsupported extends CacheError {}
/** The server asks to slow down, and went on asking. */
export class RateLimited extends CacheError {}
/** The server or the network failed; trying again later may help. */
export class Unavailable extends CacheError {}
/** Anything else, such as a failing disk. */
export class Unexpected extends CacheError {}
