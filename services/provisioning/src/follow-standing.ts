import { uuid } from '@arcadia/contracts';
import type { ServiceContext, Tx } from '@arcadia/platform';
import { z } from 'zod';
import type { Config } from './config.ts';
import { applyStanding } from './follow-billing.ts';
import { billingActor } from './sagas/deployment-state.ts';
import type { SagaRow } from './store/sagas.ts';
import type { Schema } from './store/schema.ts';

/** Asks for a deployment to be brought to where its invoices put it. */
export const followStandingJob = {
  name: 'follow-standing',
  input: z.object({ deployment_id: uuid }),
  key: ({ deployment_id }: { deployment_id: string }): string => deployment_id,
};

export const followStanding = (deploymentId: string, ctx: ServiceContext<Schema, Config>): Promise<void> =>
  ctx.transact((tx) => applyStanding(tx, [deploymentId], ctx));

/**
 * A saga is over. What was paid, or became overdue, while it held its deployment takes effect now. What billing itself has begun
 * in vain is not begun again at once, but by the next day's `suspend-overdue`.
 */
export async function followStandingAfter(tx: Tx<Schema>, saga: SagaRow): Promise<void> {
  if (saga.deployment_id === null || (saga.started_by === billingActor && saga.status !== 'completed')) return;
  await tx.enqueue(followStandingJob, { deployment_id: saga.deployment_id }, { cause: saga.saga_id });
}
