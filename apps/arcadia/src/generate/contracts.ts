import * as contracts from '@arcadia/contracts';

const modules = [
  contracts.inventorySync,
  contracts.metering,
  contracts.invoicing,
  contracts.billingIngest,
  contracts.provisioning,
  contracts.drift,
];

const exported: unknown[] = modules.flatMap((module) => Object.values(module as Record<string, unknown>));

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** Every event contract there is, in the order of streams. */
export const events: readonly contracts.EventContract[] = modules.flatMap((module) => [...module.events]);

/** Every request contract there is. */
export const requests = exported.filter(
  (value): value is contracts.RequestContract => isObject(value) && 'effect' in value && 'refusals' in value,
);

export const streams = contracts.streams;
