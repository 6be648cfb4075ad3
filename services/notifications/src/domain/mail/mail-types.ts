/** The notifications that a tenant is mailed. */
export const tenantMails = [
  'invoice.issued',
  'invoice.reminder',
  'invoice.overdue',
  'invoice.voided',
  'credit_note.issued',
  'alert.raised',
] as const;

/** The notifications that the operator is mailed: those that wait for a person. Of drift, which comes in numbers, webhooks notify. */
export const operatorMails = [
  'sweep.parked',
  'bill.unreconciled',
  'saga.failed',
  'webhook_endpoint.disabled',
  'scheduled_export.failing',
] as const;

export type TenantMail = (typeof tenantMails)[number];

export const isTenantMail = (type: string): type is TenantMail => (tenantMails as readonly string[]).includes(type);
export const isOperatorMail = (type: string): boolean => (operatorMails as readonly string[]).includes(type);

/** The mails about an invoice that is to be paid. */
export const isAboutDueInvoice = (type: string): boolean =>
  type === 'invoice.issued' || type === 'invoice.reminder' || type === 'invoice.overdue';
