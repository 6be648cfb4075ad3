export * from './gateway/api-keys.ts';
export * from './gateway/me.ts';
