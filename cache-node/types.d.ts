// The plain data that crosses between JavaScript and the core. The schemas in docs/schema say the same.

export * from './types/approve.js';
export * from './types/assess.js';
export * from './types/database.js';
export * from './types/gate.js';
export * from './types/promote.js';
export * from './types/registry.js';
export * from './types/retention.js';
export * from './types/sbom.js';
export * from './types/scan.js';
export * from './types/sign.js';
export * from './types/story.js';
export * from './types/upkeep.js';
