/** Contracts of the metering service, by noun. */
export * from './metering/config.ts';
export * from './metering/events.ts';
export * from './metering/facts.ts';
export * from './metering/periods.ts';
export * from './metering/replays.ts';
export * from './metering/reports.ts';
export * from './metering/unknown-usage.ts';
export * from './metering/usage.ts';
