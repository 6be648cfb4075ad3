import { type billingIngest, type EventData, nameUuid, resourceId } from '@arcadia/contracts';
import { deploymentId } from './stage.ts';

type Bill = EventData<typeof billingIngest.invoiceIngested>;
type Line = Bill['lines'][number];

/** A deployment's share of a line. */
export const share = (deployment: string, tenant_id: string, amount_cents: number): Line['allocations'][number] => ({
  target: 'deployment',
  tenant_id,
  deployment_id: deploymentId(deployment),
  amount_cents,
  rule: null,
});

/** A line of the bill for a droplet, shared as given. */
export const line = (line_no: number, allocations: Line['allocations'], fields: Partial<Line> = {}): Line => ({
  line_no,
  product: 'Droplets',
  kind: 'droplet',
  description: `web-${line_no} (s-1vcpu-1gb)`,
  group_description: '',
  project_name: '',
  hours: '672',
  start_at: null,
  end_at: null,
  amount_cents: allocations.reduce((sum, { amount_cents }) => sum + amount_cents, 0),
  is_tax: false,
  resource_id: resourceId('digitalocean', 'droplet', String(line_no)),
  unmatched_reason: null,
  allocations,
  ...fields,
});

/** One message of the bill of a month. */
export const bill = (period: string, revision: number, lines: Line[], fields: Partial<Bill> = {}): Bill => ({
  provider: 'digitalocean',
  period,
  invoice_uuid: nameUuid('bill', period),
  invoice_number: `DO-${period}`,
  revision,
  part: 1,
  parts: 1,
  status: 'reconciled',
  currency: 'USD',
  amount_net_minor: 0,
  amount_tax_minor: 0,
  amount_gross_minor: 0,
  fx: { to: 'AUD', rate: '1.5' },
  lines,
  ingested_at: '2026-06-03T00:00:00Z',
  ...fields,
});
