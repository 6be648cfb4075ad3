/** Contracts of the billing-ingest service, by noun. */
export * from './billing-ingest/allocation.ts';
export * from './billing-ingest/balance.ts';
export * from './billing-ingest/cost-lines.ts';
export * from './billing-ingest/events.ts';
export * from './billing-ingest/fx-rates.ts';
export * from './billing-ingest/invoice-commands.ts';
export * from './billing-ingest/invoices.ts';
export * from './billing-ingest/reconciliation.ts';
