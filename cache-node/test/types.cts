// The same for CommonJS.
import cache = require('../index.cjs');

export const kinds: string[] = cache.errorKinds();
export const invalid: Error = new cache.Invalid('message');
// @ts-expect-error only Cache makes SBOMs
export const made = new cache.Sbom();
export const read: cache.Sbom = cache.Sbom.parse(new Uint8Array());
