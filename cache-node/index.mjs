// The same for `import`.
import cache from './index.cjs';

export const {
  Approval,
  CacheError,
  Conflict,
  Denied,
  Invalid,
  NotFound,
  Outlook,
  Plan,
  Promoter,
  RateLimited,
  Receipt,
  Sbom,
  Unapproved,
  Unauthenticated,
  Unavailable,
  Unexpected,
  Unsupported,
  Untrusted,
  errorKinds,
  generateKey,
  refreshTrustedRoot,
  verify,
} = cache;
export default cache;
