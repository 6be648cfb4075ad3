import type { metering } from '@arcadia/contracts';
import type { Received } from '@arcadia/platform';
import type { Transaction } from 'kysely';
import { restoreClose } from '../store/periods/periods.ts';
import type { Tables } from '../store/schema.ts';

/** A close that was published holds: the period is closed with at least its revision. */
export async function restoreCloses(
  events: readonly Received<typeof metering.periodClosed>[],
  trx: Transaction<Tables>,
): Promise<void> {
  for (const { data } of events) {
    const { tenants, hash_version: _version, ...close } = data;
    await restoreClose(trx, { ...close, facts: tenants.reduce((sum, tenant) => sum + tenant.facts, 0) });
  }
}
