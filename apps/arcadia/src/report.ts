import { billingIngest, drift, invoicing, metering, periodInterval, provisioning } from '@arcadia/contracts';
import type { World } from '@arcadia/digitalocean-simulator';
import type { Api } from '@arcadia/gateway-client';
import { z } from 'zod';

const cents = z.int();
const money = {
  currency: z.string().nullable(),
  revenue_cents: cents,
  cost_cents: cents.nullable(),
  margin_cents: cents.nullable(),
};

/** The JSON document that `npm start -- --json` prints. Amounts are integers in cents (the minor unit), quantities are decimals as text. */
export const reportDocument = z.strictObject({
  period: z.string(),
  gateway: z.string(),
  tokens: z.strictObject({ operator: z.string(), tenants: z.record(z.string(), z.string()) }),
  usage: z.array(z.strictObject({ deployment: z.string(), kind: z.string(), qty: z.string() })),
  invoices: z.array(
    z.strictObject({
      tenant_id: z.string(),
      number: z.string().nullable(),
      status: z.string(),
      currency: z.string(),
      subtotal_cents: cents,
      tax_cents: cents,
      total_cents: cents,
      lines: z.array(
        z.strictObject({
          kind: z.string(),
          deployment_id: z.string().nullable(),
          resource_kind: z.string().nullable(),
          description: z.string(),
          qty: z.string(),
          unit: z.string(),
          unit_price_cents: z.string(),
          amount_cents: cents,
        }),
      ),
    }),
  ),
  /** The newest invoice of the provider for a month before the played one, else its newest; null when the account has none. */
  provider_invoice: z
    .strictObject({
      period: z.string(),
      net_cents: cents,
      tax_cents: cents,
      gross_cents: cents,
      lines: z.int(),
      matched: z.int(),
    })
    .nullable(),
  /** Revenue and provider cost of each closed month, without tax; a cost is null until its invoice and exchange rate are known. */
  months: z.array(z.strictObject({ period: z.string(), ...money })),
  /** The same of each tenant in the newest of these months, losses first. */
  tenants: z.array(z.strictObject({ period: z.string(), tenant_id: z.string(), ...money })),
  drift: z.array(
    z.strictObject({ resource: z.string(), field: z.string(), expected: z.unknown(), actual: z.unknown() }),
  ),
  sagas: z.array(
    z.strictObject({
      kind: z.string(),
      status: z.string(),
      steps: z.array(z.strictObject({ name: z.string(), status: z.string() })),
    }),
  ),
});

export type Report = z.infer<typeof reportDocument>;

/** Reads the results of a played month through the gateway, as the operator. */
export const readReport = async (options: {
  api: Api;
  world: World;
  gateway: string;
  tokens: Report['tokens'];
}): Promise<Report> => {
  const { api, world, gateway, tokens } = options;
  const [month, provider_invoice, margins, drifted, sagas] = await Promise.all([
    readMonth(api, world.period),
    readProviderInvoice(api, world.period),
    readMargins(api),
    api.list(drift.listDrift, { status: 'open' }),
    api.list(provisioning.listSagas, {}),
  ]);
  return {
    period: world.period,
    gateway,
    tokens,
    ...month,
    provider_invoice,
    ...margins,
    drift: drifted.map(({ resource_name, provider_id, field, expected, actual }) => ({
      resource: resource_name ?? provider_id,
      field,
      expected,
      actual,
    })),
    sagas: sagas.toReversed().map(({ kind, status, steps }) => ({ kind, status, steps })),
  };
};

/** Reads the usage and the valid invoices of a month. */
export const readMonth = async (api: Api, period: string): Promise<Pick<Report, 'usage' | 'invoices'>> => {
  const [usage, invoices] = await Promise.all([readUsage(api, period), readInvoices(api, period)]);
  return { usage, invoices };
};

const readUsage = async (api: Api, period: string): Promise<Report['usage']> => {
  const { start, end } = periodInterval(period);
  const sums = await api.list(metering.listUsage, {
    from: start.toString(),
    to: end.toString(),
    group_by: 'deployment',
  });
  return sums.map(({ deployment_id, kind, quantity }) => ({ deployment: deployment_id ?? '', kind, qty: quantity }));
};

const readInvoices = async (api: Api, period: string): Promise<Report['invoices']> => {
  const summaries = await api.list(invoicing.listInvoices, { period });
  const valid = summaries.filter(({ status }) => status !== 'void');
  const invoices: Report['invoices'] = [];
  for (const invoice of valid.toSorted((a, b) => (a.tenant_id < b.tenant_id ? -1 : 1))) {
    const lines = await api.list(invoicing.listInvoiceLines, { invoice_id: invoice.invoice_id });
    invoices.push({
      tenant_id: invoice.tenant_id,
      number: invoice.number,
      status: invoice.status,
      currency: invoice.currency,
      subtotal_cents: invoice.subtotal_cents,
      tax_cents: invoice.tax_cents,
      total_cents: invoice.total_cents,
      lines: lines.map((line) => ({
        kind: line.kind,
        deployment_id: line.deployment_id,
        resource_kind: line.resource_kind,
        description: line.description,
        qty: line.qty,
        unit: line.unit,
        unit_price_cents: line.unit_price_cents,
        amount_cents: line.amount_cents,
      })),
    });
  }
  return invoices;
};

const readProviderInvoice = async (api: Api, period: string): Promise<Report['provider_invoice']> => {
  const invoices = await api.list(billingIngest.listProviderInvoices, {});
  const read = invoices
    .filter(({ status }) => status !== 'discovered' && status !== 'refused')
    .toSorted((a, b) => (a.period < b.period ? 1 : -1));
  // The invoice of a month is issued after the month: while a month is billed, the one before is the newest.
  const newest = read.find((invoice) => invoice.period < period) ?? read[0];
  if (newest === undefined) return null;
  return {
    period: newest.period,
    net_cents: newest.amount_net_minor ?? 0,
    tax_cents: newest.amount_tax_minor ?? 0,
    gross_cents: newest.amount_gross_minor ?? 0,
    lines: newest.lines,
    matched: newest.matched,
  };
};

/** The margins of the closed months, and those of the tenants in the newest of them. */
const readMargins = async (api: Api): Promise<Pick<Report, 'months' | 'tenants'>> => {
  const closed = (await api.list(metering.listPeriods, {})).filter(({ status }) => status === 'closed');
  const months: Report['months'] = [];
  for (const { period } of closed.toSorted((a, b) => (a.period < b.period ? -1 : 1))) {
    const { currency, totals } = await api.request(invoicing.getMargin, { period });
    const { revenue_cents, cost_cents, margin_cents } = totals;
    months.push({ period, currency, revenue_cents, cost_cents, margin_cents });
  }
  const period = months.at(-1)?.period;
  if (period === undefined) return { months, tenants: [] };
  const { currency, items } = await api.request(invoicing.getMargin, { period, group_by: 'tenant' });
  const own = items.filter(({ target }) => target === 'customer' || target === 'without_payer');
  const tenants = [...Map.groupBy(own, ({ tenant_id }) => tenant_id)].flatMap(([tenant_id, rows]) =>
    tenant_id === null ? [] : [{ period, tenant_id, currency, ...sumsOf(rows) }],
  );
  return { months, tenants: tenants.toSorted((a, b) => (a.margin_cents ?? 0) - (b.margin_cents ?? 0)) };
};

type Sums = Pick<Report['months'][number], 'revenue_cents' | 'cost_cents' | 'margin_cents'>;

/** What a tenant pays, and what its deployments cost, also without a subscription; null where a cost is not known. */
const sumsOf = (rows: readonly Sums[]): Sums => {
  const known = (of: (row: Sums) => number | null): number | null =>
    rows.reduce<number | null>((sum, row) => {
      const value = of(row);
      return sum === null || value === null ? null : sum + value;
    }, 0);
  return {
    revenue_cents: rows.reduce((sum, row) => sum + row.revenue_cents, 0),
    cost_cents: known((row) => row.cost_cents),
    margin_cents: known((row) => row.margin_cents),
  };
};
