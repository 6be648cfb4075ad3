import { invoicing, refuse } from '@arcadia/contracts';
import { answering, startNeighbour } from './stage.ts';

/** Invoicing as far as keys need it: two tenants exist. */
export const startInvoicing = (nats: { url: string }) =>
  startNeighbour(nats, 'invoicing', [
    answering(invoicing.getTenant, (input) => {
      const { tenant_id } = input as { tenant_id: string };
      return ['acme', 'globex'].includes(tenant_id)
        ? { ...account, tenant_id }
        : refuse('not-found', `There is no tenant ${tenant_id}. Near it: acme.`, { near: ['acme'] });
    }),
  ]);
const ages = {
  not_due_cents: 0,
  days_1_to_30_cents: 0,
  days_31_to_60_cents: 0,
  days_61_to_90_cents: 0,
  over_90_days_cents: 0,
};
const account = {
  name: 'A tenant',
  currency: 'AUD',
  deployments: 0,
  invoices: 0,
  outstanding_cents: 0,
  overdue_cents: 0,
  due_by_age: ages,
  overdue_invoices: 0,
  balance_cents: 0,
};
