import { uuid } from '@arcadia/contracts';
import { z } from 'zod';
import type { Tx } from '../context.ts';
import { billingActor } from '../domain/billing-standing/billing-standing.ts';
import type { SagaRow } from '../store/sagas/sagas.ts';

/** The job that moves a deployment to the state that follows from its invoices. */
export const followStandingJob = {
  name: 'follow-standing',
  input: z.object({ deployment_id: uuid }),
  key: ({ deployment_id }: { deployment_id: string }): string => deployment_id,
};

/**
 * Enqueues the job after a saga ended, because invoices may have become overdue or settled while the saga held the deployment. A
 * saga that billing started and that did not complete is not repeated at once, but by the next daily `suspend-overdue`.
 */
export async function followStandingAfter(tx: Tx, saga: SagaRow): Promise<void> {
  if (saga.deployment_id === null || (saga.started_by === billingActor && saga.status !== 'completed')) return;
  await tx.enqueue(followStandingJob, { deployment_id: saga.deployment_id }, { cause: saga.saga_id });
}
