// The same for `import`.
import cache from './index.cjs';

export const {
  Approval,
  Assessment,
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
  Story,
  Unapproved,
  Unauthenticated,
  Unavailable,
  Unexpected,
  Unsupported,
  Untrusted,
  assess,
  errorKinds,
  generateKey,
  tellStory,
  verify,
} = cache;
export default cache;
