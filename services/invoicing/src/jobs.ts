import { periodText, tenantId } from '@arcadia/contracts';
import { job } from '@arcadia/platform';
import { z } from 'zod';
import type { InvoicingConfig } from './config.ts';
import { invoiceTenant } from './invoice-tenant.ts';
import { noteRun } from './store/runs.ts';
import type { Schema } from './store/schema.ts';

const tenantMonth = z.object({ period: periodText, tenant_id: tenantId });

/** How long a run waits before it looks for missing facts again, in milliseconds; they also call it when they arrive. */
const waitMs = (attempts: number): number => Math.min(500 * 2 ** Math.min(attempts, 10), 300_000);

/** Makes the invoice of one tenant's month. Its input names the close; what it bills it reads anew. */
export const invoiceTenantJob = job({
  name: 'invoice-tenant',
  input: tenantMonth.extend({ close_revision: z.int().min(1), is_forced: z.boolean().default(false) }),
  key: ({ period, tenant_id, close_revision, is_forced }) =>
    `${period}:${tenant_id}:${close_revision}${is_forced ? ':forced' : ''}`,
  queue: 'invoicing',
  concurrency: 4,
  async run({ input, cause }, ctx) {
    const now = ctx.clock.now();
    const run = {
      period: input.period,
      tenantId: input.tenant_id,
      closeRevision: input.close_revision,
      isForced: input.is_forced,
    };
    await ctx.transact(async (tx) => {
      const result = await invoiceTenant(tx, { run, config: ctx.config, now });
      const attempts = await noteRun(tx.sql, run, { ...result, at: now });
      if (result.status !== 'waiting') return;
      ctx.log.warn({ ...input, missing: result.detail }, 'an invoice waits for facts');
      await tx.enqueue('invoice-tenant', input, {
        cause: `${cause}+${attempts}`.slice(-120),
        delayMs: waitMs(attempts),
      });
    });
  },
});

export const jobs = [invoiceTenantJob] as const satisfies readonly ReturnType<
  typeof job<z.ZodType, Schema, InvoicingConfig>
>[];
