import {
  drift,
  inventorySync,
  invoicing,
  isRefusal,
  provisioning,
  refuse,
  serviceActor,
  tenantScope,
} from '@arcadia/contracts';
import { connectProvider } from '@arcadia/digitalocean';
import { answer, consumer, defineService, job, type ServiceContext, ServiceUnavailable } from '@arcadia/platform';
import { z } from 'zod';
import { acceptDrift, revertDrift } from './answer-drift.ts';
import { cancelSaga } from './cancel-saga.ts';
import { digitalOceanProvider } from './clients/digitalocean.ts';
import type { Provider } from './clients/provider.ts';
import { type Config, parseConfig } from './config.ts';
import { createDeployment } from './create-deployment.ts';
import { viewOf } from './domain/deployment.ts';
import { applyStanding, followInvoices } from './follow-billing.ts';
import { followStanding, followStandingJob } from './follow-standing.ts';
import { listDeploymentEvents, listDeployments } from './list-deployments.ts';
import { listSagas } from './list-sagas.ts';
import { migrations } from './migrations/index.ts';
import { quoteSaga } from './quote-saga.ts';
import { recoverSagas } from './recover-sagas.ts';
import { runSagaStep } from './run-saga-step.ts';
import { sagaStep, turnOf } from './saga-step-job.ts';
import { desiredStateOf, setDesiredState } from './set-desired-state.ts';
import { sagaSummary, showSaga } from './show-saga.ts';
import { startSaga } from './start-saga.ts';
import { findDeployment } from './store/deployments.ts';
import { findDesiredState } from './store/desired-states.ts';
import { keepObserved } from './store/known-resources.ts';
import { stepRowsOf } from './store/sagas.ts';
import type { Schema } from './store/schema.ts';
import { suspendOverdue } from './suspend-overdue.ts';
import { transitionDeployment } from './transition-deployment.ts';
import { noSuchDeployment, updateDeployment } from './update-deployment.ts';

type Ctx = ServiceContext<Schema, Config>;

function providerOf(ctx: Ctx): Provider {
  const access = ctx.config.provider;
  return digitalOceanProvider(connectProvider(access, ctx), access);
}

/** Deployments and every change at the provider: the only writer of what ought to be. */
export const service = defineService<Schema, Config>({
  name: 'provisioning',
  schema: 'provisioning',
  config: parseConfig,
  migrations,
  publishes: [provisioning.deploymentChanged, provisioning.resourceProvisioned, provisioning.sagaChanged],
  consumes: [
    consumer({
      name: 'resources',
      consumes: [inventorySync.resourceObserved],
      handle: (batch, tx) =>
        keepObserved(
          tx.sql,
          batch.map(({ data }) => data),
        ),
    }),
    consumer({
      name: 'invoices',
      consumes: [invoicing.invoiceOverdue, invoicing.invoicePaid, invoicing.invoiceVoided],
      handle: followInvoices,
    }),
    consumer({
      name: 'drift-requests',
      consumes: [drift.driftAccepted, drift.driftRevertRequested],
      batch: 50,
      async handle(batch, tx, ctx) {
        const now = ctx.clock.now();
        for (const heard of batch) {
          if (heard.type === 'drift.accepted') await acceptDrift(tx, heard.data, now);
          else await revertDrift(tx, heard.data, now);
        }
      },
    }),
  ],
  answers: [
    answer(provisioning.listDeployments, ({ input, actor }, ctx: Ctx) => listDeployments(ctx.db, input, actor)),
    answer(provisioning.getDeployment, async ({ input, actor }, ctx: Ctx) => {
      const found = await findDeployment(ctx.db, input.deployment_id, tenantScope(actor));
      return found === null ? noSuchDeployment() : viewOf(found);
    }),
    answer(provisioning.listDeploymentEvents, ({ input, actor }, ctx: Ctx) =>
      listDeploymentEvents(ctx.db, input, actor),
    ),
    answer(provisioning.createDeployment, ({ input, actor, tx }, ctx: Ctx) =>
      createDeployment(tx, { input, actor, newId: crypto.randomUUID(), now: ctx.clock.now() }),
    ),
    answer(provisioning.updateDeployment, async ({ input, actor, tx }, ctx: Ctx) => {
      const updated = await updateDeployment(tx, { input, actor, now: ctx.clock.now() });
      if (isRefusal(updated) || input.billing_action_suspended !== false) return updated;
      // What the override held back happens now.
      await applyStanding(tx, [input.deployment_id], ctx);
      const after = await findDeployment(tx.sql, input.deployment_id, null);
      return after === null ? noSuchDeployment() : viewOf(after);
    }),
    answer(provisioning.transitionDeployment, ({ input, actor, tx }, ctx: Ctx) =>
      transitionDeployment(tx, { input, actor, now: ctx.clock.now() }),
    ),
    answer(provisioning.listSagas, ({ input }, ctx: Ctx) => listSagas(ctx.db, input)),
    answer(
      provisioning.getSaga,
      async ({ input }, ctx: Ctx) => (await showSaga(ctx.db, input.saga_id)) ?? noSuchSaga(),
    ),
    answer(provisioning.startSaga, async ({ input, actor, tx }, ctx: Ctx) => {
      const saga = await startSaga(tx, {
        ...input,
        sagaId: crypto.randomUUID(),
        startedBy: actor.subject,
        now: ctx.clock.now(),
      });
      return isRefusal(saga) ? saga : sagaSummary(saga, []);
    }),
    answer(provisioning.cancelSaga, async ({ input, actor, tx }) => {
      const saga = await cancelSaga(tx, { sagaId: input.saga_id, by: actor.subject });
      return isRefusal(saga) ? saga : sagaSummary(saga, await stepRowsOf(tx.sql, saga.saga_id));
    }),
    answer(provisioning.quoteSaga, ({ input }, ctx: Ctx) => quoteSaga(providerOf(ctx), input)),
    answer(provisioning.getDesiredState, async ({ input }, ctx: Ctx) => {
      const found = await findDesiredState(ctx.db, input.resource_id);
      return found === null ? refuse('not-found', 'Nothing is asked of this resource.') : desiredStateOf(found);
    }),
    answer(provisioning.setDesiredState, ({ input, tx }, ctx: Ctx) =>
      setDesiredState(tx, { input, now: ctx.clock.now(), lookUp: (id) => lookUp(ctx, id) }),
    ),
  ],
  jobs: [
    job({
      ...sagaStep,
      queue: 'sagas',
      concurrency: 5,
      // A dead worker's message comes again when this is over; a step that takes longer renews it.
      leaseMs: ({ sagaLeaseMs }: Config) => sagaLeaseMs,
      run: ({ input, cause, signal }, ctx: Ctx) =>
        runSagaStep({ sagaId: input.saga_id, turn: turnOf(cause), signal }, ctx, providerOf(ctx)),
    }),
    job({
      name: 'recover-sagas',
      input: z.object({}),
      key: () => 'all',
      schedule: { cron: '* * * * *', input: () => ({}), catchUp: 'none' },
      run: ({ scheduledAt }, ctx: Ctx) => recoverSagas(ctx, scheduledAt ?? ctx.clock.now()),
    }),
    job({ ...followStandingJob, run: ({ input }, ctx: Ctx) => followStanding(input.deployment_id, ctx) }),
    job({
      name: 'suspend-overdue',
      input: z.object({}),
      key: () => 'all',
      schedule: { cron: '50 4 * * *', input: () => ({}), catchUp: 'newest' },
      run: (_run, ctx: Ctx) => suspendOverdue(ctx),
    }),
  ],
});

/** Inventory's own word on a resource, for one that it has only just found; null when it knows none either. */
async function lookUp(ctx: Ctx, resource_id: string) {
  try {
    const found = await ctx.request(
      inventorySync.getResource,
      { resource_id },
      { actor: serviceActor('provisioning'), deadlineMs: 2_000 },
    );
    if (isRefusal(found)) return null;
    const { provider, kind, provider_id, owner } = found;
    return { provider, kind, provider_id, deployment_id: owner.deployment_id, tenant_id: owner.tenant_id };
  } catch (error) {
    if (error instanceof ServiceUnavailable) return null;
    throw error;
  }
}

const noSuchSaga = () => refuse('not-found', 'There is no such saga.');
