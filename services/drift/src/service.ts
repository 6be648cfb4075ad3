import { drift, inventorySync, isRefusal, provisioning } from '@arcadia/contracts';
import { answer, consumer, defineService, job, type ServiceContext } from '@arcadia/platform';
import { z } from 'zod';
import { compare } from './compare.ts';
import { consumeInventory } from './consume-inventory.ts';
import { consumeProvisioning } from './consume-provisioning.ts';
import { ignoreDrift, listIgnored, stopIgnoring } from './ignore-drift.ts';
import { migrations } from './migrations/index.ts';
import { requestOutcome } from './request-outcome.ts';
import { listDrift, showDrift } from './show-drift.ts';
import { lockComparing } from './store/comparison.ts';
import type { Schema } from './store/schema.ts';

/** Nothing to configure. */
type Config = Record<string, never>;
type Ctx = ServiceContext<Schema, Config>;

/** Notices where what is there differs from what was asked for. */
export const service = defineService<Schema, Config>({
  name: 'drift',
  schema: 'drift',
  config: () => ({}),
  migrations,
  publishes: [drift.driftDetected, drift.driftAccepted, drift.driftRevertRequested, drift.driftClosed],
  consumes: [
    consumer({
      name: 'inventory',
      consumes: [inventorySync.resourceObserved, inventorySync.inventorySwept, inventorySync.priceObserved],
      handle: consumeInventory,
    }),
    consumer({
      name: 'provisioning',
      consumes: [provisioning.resourceProvisioned, provisioning.sagaChanged],
      handle: consumeProvisioning,
    }),
  ],
  answers: [
    answer(drift.listDrift, ({ input }, ctx: Ctx) => listDrift(ctx.db, input)),
    answer(drift.getDrift, ({ input }, ctx: Ctx) => showDrift(ctx.db, input.drift_id)),
    ...(
      [
        ['accept', drift.acceptDrift],
        ['revert', drift.revertDrift],
      ] as const
    ).map(([action, contract]) =>
      answer(contract, async ({ input, actor, tx }, ctx: Ctx) => {
        const now = ctx.clock.now();
        const row = await requestOutcome(tx, { driftId: input.drift_id, action, by: actor.subject, now });
        return isRefusal(row) ? row : showDrift(tx.sql, row.drift_id);
      }),
    ),
    answer(drift.ignoreDrift, ({ input, actor, tx }, ctx: Ctx) =>
      ignoreDrift(tx, { input, by: actor.subject, now: ctx.clock.now() }),
    ),
    answer(drift.listIgnored, ({ input }, ctx: Ctx) => listIgnored(ctx.db, input)),
    answer(drift.stopIgnoring, ({ input, tx }) => stopIgnoring(tx, input.rule_id)),
  ],
  jobs: [
    job({
      name: 'sweep-drift',
      input: z.object({}),
      key: () => 'all',
      concurrency: 1,
      schedule: { cron: '20 * * * *', input: () => ({}), catchUp: 'newest' },
      run: (_run, ctx: Ctx) =>
        ctx.transact(async (tx) => {
          await lockComparing(tx.sql);
          await compare(tx, { scope: 'all', now: ctx.clock.now(), isSweep: true });
        }),
    }),
  ],
});
