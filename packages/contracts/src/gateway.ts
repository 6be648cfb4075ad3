export * from './gateway/api-keys.ts';
export * from './gateway/approvals.ts';
export * from './gateway/audit.ts';
export * from './gateway/events.ts';
export * from './gateway/me.ts';
export * from './gateway/overview.ts';
export * from './gateway/system.ts';
