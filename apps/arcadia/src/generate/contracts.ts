import * as contracts from '@arcadia/contracts';

const modules = [
  contracts.inventorySync,
  contracts.metering,
  contracts.invoicing,
  contracts.billingIngest,
  contracts.provisioning,
  contracts.drift,
  contracts.gateway,
];

const exported: unknown[] = modules.flatMap((module) => Object.values(module as Record<string, unknown>));

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** All event contracts, in the order of their services. */
export const events: readonly contracts.EventContract[] = modules.flatMap((module) => [...module.events]);

/** All request contracts. */
export const requests = exported.filter(
  (value): value is contracts.RequestContract => isObject(value) && 'effect' in value && 'refusals' in value,
);

export const streams = contracts.streams;
