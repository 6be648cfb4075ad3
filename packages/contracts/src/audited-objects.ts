/** The object that a command is about, for the audit log. */
export type AuditedObject = {
  /** Kind of the object, such as `invoice`. */
  readonly kind: string;
  /** The field of the input that names the object, or else of the answer. */
  readonly id: string;
  /** The read of the same service that shows the object, before the command and after it. */
  readonly read?: string;
  /** The field of that read's input that names the object, where it is not `id`. */
  readonly by?: string;
};

const invoice = { kind: 'invoice', id: 'invoice_id', read: 'invoices.get' } as const;
const plan = { kind: 'plan', id: 'plan_code' } as const;
const drift = { kind: 'drift', id: 'drift_id', read: 'drift.get' } as const;
const deployment = { kind: 'deployment', id: 'deployment_id', read: 'deployments.get' } as const;
const saga = { kind: 'saga', id: 'saga_id', read: 'sagas.get' } as const;
const subscription = {
  kind: 'subscription of',
  id: 'deployment_id',
  read: 'subscriptions.list',
  by: 'deployment_id',
} as const;
const period = { kind: 'period', id: 'period' } as const;
const tenantTerms = { kind: 'terms of', id: 'tenant_id', read: 'tenant-terms.get' } as const;
const apiKey = { kind: 'api key', id: 'key_id', read: 'api-keys.get' } as const;
const webhookEndpoint = { kind: 'webhook endpoint', id: 'endpoint_id', read: 'webhook-endpoints.get' } as const;
const scheduledExport = { kind: 'scheduled export', id: 'export_id', read: 'scheduled-exports.get' } as const;
const mail = { kind: 'mail', id: 'mail_id', read: 'mails.get' } as const;
const providerInvoice = { kind: 'provider invoice', id: 'invoice_uuid', read: 'provider-invoice.get' } as const;

/** The object of each command by the command's name; null for a command about no single object. A test names one that is missing. */
export const auditedObjects: Readonly<Record<string, AuditedObject | null>> = {
  'approvals.create': { kind: 'approval', id: 'approval_id' },
  'approvals.approve': { kind: 'approval', id: 'approval_id' },
  'approvals.deny': { kind: 'approval', id: 'approval_id', read: 'approvals.get' },
  'api-keys.create': { kind: 'api key', id: 'key_id' },
  'api-keys.rotate': apiKey,
  'api-keys.revoke': apiKey,
  'dead-letters.dismiss': { kind: 'dead letter', id: 'number' },
  'dead-letters.requeue': { kind: 'dead letter', id: 'number' },
  'allocation-rule.put': { kind: 'allocation rule', id: 'line_class', read: 'allocation-rule.get' },
  'fx-rate.put': null,
  'provider-invoice.reingest': providerInvoice,
  'provider-invoice.rematch': providerInvoice,
  'provider-invoice.accept': providerInvoice,
  'provider-invoice.discover': null,
  'drift.accept': drift,
  'drift.revert': drift,
  'drift.ignore': drift,
  'drift.accept-many': null,
  'drift.ignore-many': null,
  'drift.unignore': { kind: 'ignore rule', id: 'rule_id' },
  'projects.update': { kind: 'project', id: 'project_id' },
  'inventory.attribute': { kind: 'resource', id: 'resource_id', read: 'inventory.get' },
  'inventory.attribute-many': null,
  'inventory.sync': { kind: 'sync', id: 'sync_id' },
  'inventory.confirm-sweep': { kind: 'sweep', id: 'sweep_id' },
  'addons.put': { kind: 'addon', id: 'addon_code', read: 'addons.get' },
  'prices.put': { kind: 'price', id: 'kind' },
  'list-prices.put': null,
  'alerts.create': { kind: 'alert', id: 'alert_id' },
  'alerts.delete': { kind: 'alert', id: 'alert_id' },
  'billing-profiles.put': { kind: 'billing profile', id: 'tenant_id', read: 'billing-profiles.get' },
  'invoices.run': period,
  'plans.create': plan,
  'plans.put': plan,
  'plan-versions.create': plan,
  'plan-versions.update': plan,
  'plan-versions.publish': plan,
  'plan-versions.retire': plan,
  'plan-versions.delete': plan,
  'proofs.start': { kind: 'proof', id: 'proof_id' },
  'quotes.create': { kind: 'quote', id: 'quote_id' },
  'invoices.void': invoice,
  'invoices.pay': invoice,
  'invoices.credit': invoice,
  'credit-notes.refund': { kind: 'credit note', id: 'credit_note_id', read: 'credit-notes.get' },
  'manual-lines.create': { kind: 'manual line', id: 'manual_line_id' },
  'subscriptions.subscribe': subscription,
  'subscriptions.change-plan': subscription,
  'subscriptions.cancel': subscription,
  'subscriptions.pause': subscription,
  'subscriptions.resume': subscription,
  'subscriptions.end-trial': subscription,
  'subscriptions.attach-addon': subscription,
  'subscriptions.detach-addon': subscription,
  'tenants.create': { kind: 'tenant', id: 'tenant_id' },
  'tenant-terms.add-commitment': tenantTerms,
  'tenant-terms.add-discount': tenantTerms,
  'tenant-terms.add-price-override': tenantTerms,
  'tenant-terms.end': tenantTerms,
  'discount-codes.create': { kind: 'discount code', id: 'code' },
  'discount-codes.end': { kind: 'discount code', id: 'code' },
  'discount-codes.redeem': { kind: 'discount code', id: 'code' },
  'prepaid-credits.create': { kind: 'prepaid credit of', id: 'tenant_id', read: 'prepaid-credits.list' },
  'prepaid-credits.end': { kind: 'prepaid credit of', id: 'tenant_id', read: 'prepaid-credits.list' },
  'metering-config.put': { kind: 'billing kind', id: 'kind' },
  // Its answer shows the period; the request that shows it would derive states in the middle of the close.
  'periods.close': period,
  'metering.run': null,
  'replays.start': { kind: 'replay', id: 'replay_id' },
  'usage.ingest': null,
  'deployments.create': { kind: 'deployment', id: 'deployment_id' },
  'deployments.update': deployment,
  'deployments.transition': deployment,
  'sagas.start': { kind: 'saga', id: 'saga_id' },
  'sagas.cancel': saga,
  'sagas.retry': saga,
  'webhook-endpoints.create': { kind: 'webhook endpoint', id: 'endpoint_id' },
  'webhook-endpoints.update': webhookEndpoint,
  'webhook-endpoints.enable': webhookEndpoint,
  'webhook-endpoints.disable': webhookEndpoint,
  'webhook-endpoints.delete': webhookEndpoint,
  'webhook-endpoints.rotate-secret': webhookEndpoint,
  'webhook-endpoints.test': { kind: 'webhook endpoint', id: 'endpoint_id' },
  'webhook-endpoints.replay': { kind: 'webhook endpoint', id: 'endpoint_id' },
  'scheduled-exports.create': { kind: 'scheduled export', id: 'export_id' },
  'scheduled-exports.update': scheduledExport,
  'scheduled-exports.delete': scheduledExport,
  'scheduled-exports.run': { kind: 'scheduled export', id: 'export_id' },
  'mails.replay': mail,
  'mail-suppressions.delete': { kind: 'mail suppression', id: 'suppression_id' },
  'webhook-deliveries.replay': { kind: 'webhook delivery', id: 'delivery_id' },
  'specs.set': { kind: 'resource', id: 'resource_id', read: 'specs.get' },
};
