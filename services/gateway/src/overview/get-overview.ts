import {
  billingIngest,
  drift,
  type gateway,
  inventorySync,
  invoicing,
  isRefusal,
  metering,
  provisioning,
  type RequestContract,
  type RequestOutput,
  type ServiceName,
} from '@arcadia/contracts';
import { type ReadRequest, ServiceFailed, ServiceUnavailable } from '@arcadia/platform';
import type { z } from 'zod';
import type { Context } from '../context.ts';
import { getSystem } from '../system/operate-system.ts';

type Overview = RequestOutput<typeof gateway.getOverview>;
type MarginRows = RequestOutput<typeof invoicing.getMargin>;

/** How long a part may take before the others are shown without it, in milliseconds. */
const deadlineMs = 4_000;

/** Puts the figures of all services together. A service that does not answer leaves its part out and is named. */
export async function getOverview(request: ReadRequest<typeof gateway.getOverview>, ctx: Context): Promise<Overview> {
  const { actor } = request;
  const silent = new Set<ServiceName>();
  const part = async <Contract extends RequestContract>(
    contract: Contract,
    input: z.input<Contract['input']>,
  ): Promise<RequestOutput<Contract> | null> => {
    try {
      const answer = await ctx.request(contract, input, { actor, deadlineMs });
      return isRefusal(answer) ? null : (answer as RequestOutput<Contract>);
    } catch (error) {
      if (!(error instanceof ServiceUnavailable || error instanceof ServiceFailed)) throw error;
      silent.add(contract.service);
      return null;
    }
  };
  const [inventory, fleet, differences, bills, margin, receivables, periods, system] = await Promise.all([
    part(inventorySync.summarizeInventory, {}),
    part(provisioning.summarizeProvisioning, {}),
    part(drift.summarizeDrift, {}),
    part(billingIngest.summarizeProviderInvoices, {}),
    part(invoicing.getMargin, { group_by: 'period' }),
    part(invoicing.getReceivables, {}),
    part(metering.listPeriods, { limit: 24 }),
    getSystem({ ...request, input: {} }, ctx),
  ]);
  for (const { service, status } of system.services) if (status === 'unavailable') silent.add(service);
  return {
    inventory,
    provisioning: fleet,
    drift: differences,
    bills,
    margins: margin === null ? null : newestMargins(margin),
    receivables,
    periods: periods === null ? null : openPeriods(periods),
    jobs: jobsOf(system.services),
    unavailable: [...silent].toSorted(),
  };
}

type Margin = NonNullable<Overview['margins']>[number];

/** Revenue, cost and margin of each month over all targets; null where a part is not known. */
const monthOf = (period: string, rows: MarginRows['items'], currency: string | null): Margin => {
  const revenue_cents = rows.reduce((sum, row) => sum + row.revenue_cents, 0);
  const isKnown = rows.every(({ cost_cents }) => cost_cents !== null);
  const cost_cents = isKnown ? rows.reduce((sum, row) => sum + (row.cost_cents ?? 0), 0) : null;
  return {
    period,
    currency,
    revenue_cents,
    cost_cents,
    margin_cents: cost_cents === null ? null : revenue_cents - cost_cents,
  };
};

function newestMargins({ items, currency }: MarginRows): Margin[] {
  const months = [...Map.groupBy(items, ({ period }) => period)]
    .map(([period, rows]) => monthOf(period, rows, currency))
    .toSorted((a, b) => (a.period < b.period ? 1 : -1));
  const newest = months.slice(0, 1);
  const known = months.find(({ cost_cents }) => cost_cents !== null);
  return known === undefined || newest.includes(known) ? newest : [...newest, known];
}

function openPeriods({ items }: RequestOutput<typeof metering.listPeriods>): Overview['periods'] {
  const open = items.filter(({ status }) => status !== 'closed');
  const blocked = open.filter(({ missing }) => missing.length > 0);
  return { open: open.map(({ period }) => period), blocked: blocked.map(({ period }) => period) };
}

type States = Awaited<ReturnType<typeof getSystem>>['services'];

const jobsOf = (services: States): Overview['jobs'] => ({
  waiting: services
    .flatMap(({ facts }) => facts.filter(({ name }) => name === 'jobs'))
    .reduce((sum, { waiting }) => sum + (waiting ?? 0), 0),
  dead_letters: services.reduce((sum, { dead_letters }) => sum + (dead_letters ?? 0), 0),
  not_ready: services.filter(({ status }) => status === 'not-ready').map(({ service }) => service),
});
