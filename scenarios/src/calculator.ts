import type { World } from '@arcadia/digitalocean-simulator';
import { type Invoices, invoicesOf } from './calculated-invoices.ts';
import { monthOf, type Usage, usageOf } from './calculated-usage.ts';

/**
 * The expected usage and invoices of a world's month, calculated from the world file alone: no events, no database and none of
 * the services' code. It supports plans without proration, also those of the world that charge droplets by size, by the provider's
 * list prices or by its bill, one subscription per deployment, and terms of single tenants. Usage that is reported after the close of its month counts as
 * usage of that month, and is billed by an adjustment in the next one.
 */
export type Expected = Usage & { invoices: Invoices };

/** @param period the month; by default the world's own */
export const calculate = (world: World, period: string = world.period): Expected => ({
  ...usageOf(world, monthOf(period)),
  invoices: invoicesOf(world, period),
});
