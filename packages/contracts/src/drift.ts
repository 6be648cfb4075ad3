/** Contracts of the drift service, by noun. */
export * from './drift/differences.ts';
export * from './drift/events.ts';
export * from './drift/ignore-rules.ts';
