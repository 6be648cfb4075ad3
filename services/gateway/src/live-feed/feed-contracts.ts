import {
  type Actor,
  billingIngest,
  drift,
  hasRole,
  inventorySync,
  invoicing,
  isOperator,
  metering,
  moneyReaders,
  provisioning,
} from '@arcadia/contracts';

/** The events that operators receive. */
export const operatorFeed = [
  provisioning.sagaChanged,
  provisioning.deploymentChanged,
  drift.driftDetected,
  drift.driftClosed,
  invoicing.invoiceIssued,
  invoicing.invoicePaid,
  invoicing.invoiceOverdue,
  invoicing.invoiceVoided,
  invoicing.alertCrossed,
  invoicing.subscriptionChanged,
  invoicing.creditNoteIssued,
  inventorySync.inventorySwept,
  inventorySync.sweepParked,
  metering.periodClosed,
  metering.replayChanged,
  invoicing.proofChanged,
  billingIngest.invoiceIngested,
];

/** The streams of the feed, in the order of an event id's positions. */
export const feedStreams = [...new Set(operatorFeed.map(({ stream }) => stream))].toSorted();

/** The types that hold the provider's costs, which not all of the operator's people may see. */
const costTypes = new Set<string>([billingIngest.invoiceIngested.type]);

/** The types of which a tenant receives the events with its own `tenant_id`. */
export const tenantTypes: ReadonlySet<string> = new Set<string>(
  [
    provisioning.deploymentChanged,
    invoicing.invoiceIssued,
    invoicing.invoicePaid,
    invoicing.invoiceOverdue,
    invoicing.invoiceVoided,
    invoicing.subscriptionChanged,
    invoicing.creditNoteIssued,
  ].map(({ type }) => type),
);

/** Whether the feed of an actor shows an event; `tenantId` is the tenant that the event names. */
export const maySee = (actor: Actor, { type, tenantId }: { type: string; tenantId: string | null }): boolean =>
  isOperator(actor)
    ? !costTypes.has(type) || hasRole(actor, moneyReaders)
    : tenantTypes.has(type) && tenantId !== null && tenantId === actor.tenant_id;
