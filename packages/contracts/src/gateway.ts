export * from './gateway/me.ts';
