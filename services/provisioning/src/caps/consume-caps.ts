import { type invoicing, type metering, periodInterval, periodOf } from '@arcadia/contracts';
import type { Received } from '@arcadia/platform';
import type { CommandContext, Tx } from '../context.ts';
import { saveCaps } from '../store/caps/caps.ts';
import { saveUsage } from '../store/caps/metered-usage.ts';

/** Keeps the hard caps of every subscription, which new droplets must fit. */
export async function consumeSubscriptions(
  batch: Received<typeof invoicing.subscriptionChanged>[],
  tx: Tx,
): Promise<void> {
  await saveCaps(
    tx.sql,
    batch.map(({ data }) => data),
  );
}

/** Keeps the usage of the present month, which counts towards the caps. */
export async function consumeUsage(
  batch: Received<typeof metering.usageAccrued>[],
  tx: Tx,
  { clock }: CommandContext,
): Promise<void> {
  await saveUsage(
    tx.sql,
    batch.map(({ data }) => data),
    periodInterval(periodOf(clock.now())).start,
  );
}
