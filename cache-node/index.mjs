// The same for `import`.
import cache from './index.cjs';

export const {
  Approval,
  CacheError,
  Cleaned,
  Conflict,
  Denied,
  Invalid,
  NotFound,
  Outlook,
  Plan,
  Promoter,
  Proposal,
  RateLimited,
  Receipt,
  Retention,
  Sbom,
  Unapproved,
  Unauthenticated,
  Unavailable,
  Unexpected,
  Unsupported,
  Untrusted,
  errorKinds,
  explainPolicy,
  generateKey,
  simulatePolicy,
  translatePolicy,
  verify,
} = cache;
export default cache;
