/** Contracts of the provisioning service, by noun. */
export * from './provisioning/deployments.ts';
export * from './provisioning/events.ts';
export * from './provisioning/left-behind.ts';
export * from './provisioning/saga-inputs.ts';
export * from './provisioning/sagas.ts';
export * from './provisioning/specs.ts';
