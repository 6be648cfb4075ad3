export { service } from './service.ts';
export { yieldToOthers } from './yield-to-others.ts';
