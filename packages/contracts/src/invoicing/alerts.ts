import { z } from 'zod';
import { everyone } from '../actor.ts';
import { decimalText } from '../decimal.ts';
import { defineRequest } from '../define.ts';
import { tenantId, uuid } from '../ids.ts';
import { pageInput, pageOf } from '../page.ts';
import { instantText, periodText } from '../time.ts';
import { usageKind } from '../usage-kinds.ts';
import { positiveDecimal } from './fields.ts';

/** Basis of an alert: a percentage of the included quantity, or money. */
export const alertBasis = z.enum(['included_percent', 'money']);

/** An alert with its crossings. */
export const alertRule = z.object({
  alert_id: uuid,
  tenant_id: tenantId,
  deployment_id: uuid,
  basis: alertBasis,
  /** Null: money of the whole deployment. */
  kind: usageKind.nullable(),
  /** Per cent of the included quantity, or cents before tax. */
  value: decimalText,
  crossed: z.array(z.object({ period: periodText, reached: decimalText, crossed_at: instantText })),
});

export const createAlert = defineRequest({
  name: 'alerts.create',
  service: 'invoicing',
  summary: "Create an alert: notify once per period when a deployment's usage crosses a threshold.",
  effect: 'command',
  roles: everyone,
  input: z.object({ deployment_id: uuid, basis: alertBasis, kind: usageKind.optional(), value: positiveDecimal }),
  output: alertRule,
  refusals: ['not-found', 'kind-missing'],
});

export const listAlerts = defineRequest({
  name: 'alerts.list',
  service: 'invoicing',
  summary: 'List alerts with their latest crossings.',
  effect: 'read',
  roles: everyone,
  input: pageInput.extend({ deployment: uuid.optional() }),
  output: pageOf(alertRule),
  refusals: ['invalid-cursor'],
});

export const deleteAlert = defineRequest({
  name: 'alerts.delete',
  service: 'invoicing',
  summary: 'Delete an alert.',
  effect: 'command',
  roles: everyone,
  input: z.object({ alert_id: uuid }),
  output: z.object({ deleted: z.boolean() }),
  refusals: ['not-found'],
});
