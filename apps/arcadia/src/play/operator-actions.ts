import { billingIngest, drift, invoicing } from '@arcadia/contracts';
import type { World } from '@arcadia/digitalocean-simulator';
import type { Api } from '@arcadia/gateway-client';
import { findResource } from './find-resource.ts';
import { rateInput } from './set-up.ts';
import type { Action } from './timeline.ts';

type Platform = World['platform'];
type OperatorAction = Extract<
  Action,
  { do: 'pin-exchange-rate' | 'create-alert' | 'pay-invoice' | 'credit-invoice' | 'accept-drift' }
>;

/** Performs an action about money, alerts or drift as the operator would in the console: a request with a token. */
export const performForOperator = (action: OperatorAction, at: string, api: Api, key: string): Promise<void> => {
  switch (action.do) {
    case 'pin-exchange-rate':
      return pinRate(action.rate, api, key);
    case 'create-alert':
      return createAlert(action.alert, api, key);
    case 'pay-invoice':
      return pay(action.payment, at, api, key);
    case 'credit-invoice':
      return credit(action.credit, api, key);
    case 'accept-drift':
      return acceptDrift(action.accepted, api, key);
  }
};

const pinRate = async (rate: Platform['exchange_rates'][number], api: Api, key: string): Promise<void> => {
  await api.request(billingIngest.putFxRates, { rates: [rateInput(rate)] }, key);
};

const createAlert = async (
  { deployment, kind, included_percent, amount_cents }: NonNullable<Platform['alerts']>[number],
  api: Api,
  key: string,
): Promise<void> => {
  const threshold =
    included_percent === undefined
      ? { basis: 'money' as const, amount_cents }
      : { basis: 'included_percent' as const, value: included_percent };
  await api.request(invoicing.createAlert, { deployment_id: deployment, kind, ...threshold }, key);
};

/** The valid invoice of a tenant's month. */
const invoiceOf = async (api: Api, tenant: string, period: string) => {
  const invoices = await api.list(invoicing.listInvoices, { tenant_id: tenant, period });
  const valid = invoices.find(({ status }) => status !== 'void');
  if (valid === undefined) throw new Error(`${tenant} has no invoice of ${period}.`);
  return valid;
};

const pay = async (
  { tenant, period, amount_cents, reference }: NonNullable<Platform['payments']>[number],
  at: string,
  api: Api,
  key: string,
): Promise<void> => {
  const { invoice_id } = await invoiceOf(api, tenant, period);
  await api.request(invoicing.payInvoice, { invoice_id, reference, amount_cents, paid_at: at }, key);
};

const credit = async (
  { tenant, period, deployment, line, amount_cents, reason }: NonNullable<Platform['credit_notes']>[number],
  api: Api,
  key: string,
): Promise<void> => {
  const { invoice_id } = await invoiceOf(api, tenant, period);
  const lines = await api.list(invoicing.listInvoiceLines, { invoice_id });
  const credited = lines.find(({ kind, deployment_id }) => kind === line && deployment_id === deployment);
  if (credited === undefined) throw new Error(`The invoice of ${tenant} for ${period} has no line ${line} to credit.`);
  const given = { invoice_id, reason, lines: [{ line_id: credited.line_id, amount_cents }] };
  await api.request(invoicing.creditInvoice, given, key);
};

const acceptDrift = async (
  { kind, resource, field, reason }: NonNullable<Platform['accepted_drift']>[number],
  api: Api,
  key: string,
): Promise<void> => {
  const found = await api.list(drift.listDrift, { resource_id: await findResource(api, kind, resource) });
  const open = found.find((each) => each.field === field);
  if (open === undefined) throw new Error(`${resource} has no open drift of its ${field}.`);
  await api.request(drift.acceptDrift, { drift_id: open.drift_id, reason }, key);
};
