/** Contracts of the inventory-sync service, by noun. */
export * from './inventory-sync/bindings.ts';
export * from './inventory-sync/events.ts';
export * from './inventory-sync/projects.ts';
export * from './inventory-sync/resources.ts';
export * from './inventory-sync/syncs.ts';
