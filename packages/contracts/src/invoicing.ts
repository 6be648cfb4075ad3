/** Contracts of the invoicing service, by noun. */
export * from './invoicing/alerts.ts';
export * from './invoicing/catalog.ts';
export * from './invoicing/events.ts';
export * from './invoicing/invoices.ts';
export * from './invoicing/margin.ts';
export * from './invoicing/proofs.ts';
export * from './invoicing/quotes.ts';
export * from './invoicing/subscriptions.ts';
