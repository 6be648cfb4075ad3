import { billingIngest, metering } from '@arcadia/contracts';
import { askService, publishEvent } from '@arcadia/testkit';
import { accrued, acmeDeployment, operatorActor, ownedBy, type Stage } from './stage.ts';

export const owner = ownedBy('acme', acmeDeployment);
/** A resource that exists since March. */
export const since = { created_at: '2026-03-01T00:00:00Z', effective_at: '2026-03-01T00:00:00Z' };
export const invoiceUuid = '00000000-0000-4000-8000-000000202604';

/** A provider with one invoice, of April 2026. */
export const worldWith = (items: readonly object[], fields: object = {}) => ({
  name: 'bill',
  period: '2026-04',
  provider: { invoices: [{ uuid: invoiceUuid, id: '4', period: '2026-04', items, ...fields }] },
});

export const discover = async (stage: Stage, at = '2026-05-01T02:23:00Z') => {
  await stage.billing.runJob('discover-invoices', at);
  await stage.billing.settled();
};

/** Reads the invoice and compares it with what was metered. */
export const findings = async (stage: Stage) => {
  await discover(stage);
  const query = { period: '2026-04', limit: 200 };
  const answer = await askService(stage.nats, billingIngest.getReconciliation, query, { actor: operatorActor });
  if ('refused' in answer) throw new Error(answer.detail);
  return answer.items;
};

/** Publishes the usage of one resource in each day of April, as metering does. */
export const meteredDaily = (stage: Stage, kind: string, resource: string, unitsOn: (day: number) => number) =>
  publishEvent(
    stage.nats,
    metering.usageAccrued,
    Array.from({ length: 30 }, (_, index) => index + 1).map((day) => {
      const start = Temporal.Instant.from(`2026-04-${String(day).padStart(2, '0')}T00:00:00Z`);
      const units = { unit_seconds: String(unitsOn(day) * 86_400), divisor: '3600' };
      return accrued({
        period_start: start.toString(),
        period_end: start.add({ hours: 24 }).toString(),
        lines: unitsOn(day) === 0 ? [] : [{ resource_id: resource, kind, ...units, observations: [1] }],
      });
    }),
  );
