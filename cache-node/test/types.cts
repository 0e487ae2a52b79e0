// The same for CommonJS.
import cache = require('../index.cjs');

export const kinds: string[] = cache.errorKinds();
export const invalid: Error = new cache.Invalid('message');
