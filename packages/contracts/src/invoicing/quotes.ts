import { z } from 'zod';
import { everyone } from '../actor.ts';
import { decimalText } from '../decimal.ts';
import { defineRequest } from '../define.ts';
import { tenantId, uuid } from '../ids.ts';
import { cents, currencyCode } from '../money.ts';
import { dayText, instantText, periodText } from '../time.ts';
import { usageKind } from '../usage-kinds.ts';
import { invoiceLine } from './events.ts';
import { catalogCode, unsignedDecimal } from './fields.ts';

/** A line as priced, before there is an invoice. */
export const ratedLine = invoiceLine.omit({ line_id: true });

/** Usage that nothing is billed for, and why. */
export const unbilledUsage = z.object({
  deployment_id: uuid,
  kind: usageKind,
  reason: z.enum(['no_subscription', 'trial', 'no_price']),
  qty: decimalText,
  days: z.array(z.object({ from: dayText, until: dayText })),
});

/** A priced quote. */
export const priced = z.object({
  currency: currencyCode,
  lines: z.array(ratedLine),
  unbilled: z.array(unbilledUsage),
  subtotal_cents: cents,
  tax_cents: cents,
  total_cents: cents,
  rating_version: z.string(),
  input_hash: z.string(),
  output_hash: z.string(),
});

/** What shall run all month. Sizes are GB; a count of droplets runs every hour. */
export const deploymentSpec = z.object({
  droplets: z.int().min(0).max(10_000).default(0),
  spaces_gb: unsignedDecimal.default('0'),
  snapshots_gb: unsignedDecimal.default('0'),
  backups_gb: unsignedDecimal.default('0'),
  volumes_gb: unsignedDecimal.default('0'),
  dns_zones: z.int().min(0).max(10_000).default(0),
  floating_ips: z.int().min(0).max(10_000).default(0),
  load_balancer_nodes: z.int().min(0).max(10_000).default(0),
});

/** A quote as it was given. */
export const quote = priced.extend({
  quote_id: uuid,
  tenant_id: tenantId.nullable(),
  period: periodText,
  plan_code: catalogCode,
  plan_version: z.int(),
  usage: z.array(z.object({ kind: usageKind, qty: decimalText })),
  valid_until: dayText,
  is_valid: z.boolean(),
  created_at: instantText,
});

export const createQuote = defineRequest({
  name: 'quotes.create',
  service: 'invoicing',
  summary: 'Quote a month on a plan, from expected usage or from a planned deployment.',
  effect: 'command',
  roles: everyone,
  input: z.object({
    plan_code: catalogCode,
    plan_version: z.int().min(1).optional(),
    addons: z
      .array(z.object({ addon_code: catalogCode, quantity: z.int().min(1).max(1000).default(1) }))
      .max(50)
      .default([]),
    /** The month it prices, with its real hours; the coming one unless told. */
    period: periodText.optional(),
    usage: z
      .array(z.object({ kind: usageKind, qty: unsignedDecimal }))
      .max(100)
      .default([]),
    spec: deploymentSpec.partial().optional(),
    /** Whose tax and currency count. Operators only. */
    tenant_id: tenantId.optional(),
    valid_days: z.int().min(1).max(365).default(30),
  }),
  output: quote,
  refusals: ['plan-not-found', 'addon-not-found', 'currency-mismatch', 'forbidden', 'amount-out-of-range'],
});

export const getQuote = defineRequest({
  name: 'quotes.get',
  service: 'invoicing',
  summary: 'Get a quote as it was given.',
  effect: 'read',
  roles: everyone,
  input: z.object({ quote_id: uuid }),
  output: quote,
  refusals: ['not-found'],
});
