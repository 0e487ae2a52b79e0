// The same for `import`.
import cache from './index.cjs';

export const {
  Approval,
  CacheError,
  Conflict,
  Database,
  Denied,
  Invalid,
  NotFound,
  Outlook,
  Plan,
  Promoter,
  RateLimited,
  Receipt,
  Sbom,
  Scanner,
  Story,
  Unapproved,
  Unauthenticated,
  Unavailable,
  Unexpected,
  Unsupported,
  Untrusted,
  errorKinds,
  generateKey,
  mergeReports,
  parseReport,
  tellStory,
  verify,
} = cache;
export default cache;
