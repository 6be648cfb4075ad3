/** Contracts of the invoicing service, by noun. */
export * from './invoicing/addons-and-prices.ts';
export * from './invoicing/alert-events.ts';
export * from './invoicing/alerts.ts';
export * from './invoicing/billing-profiles.ts';
export * from './invoicing/cost-events.ts';
export * from './invoicing/discount-codes.ts';
export * from './invoicing/earnings.ts';
export * from './invoicing/events.ts';
export * from './invoicing/evidence.ts';
export * from './invoicing/invoice-runs.ts';
export * from './invoicing/invoices.ts';
export * from './invoicing/list-prices.ts';
export * from './invoicing/margin.ts';
export {
  commitment,
  discount,
  discountTarget,
  priceOverride,
  tenantTermsChanged,
  termsAtMost,
} from './invoicing/own-terms.ts';
export * from './invoicing/payments.ts';
export * from './invoicing/plans.ts';
export * from './invoicing/prepaid-credits.ts';
export * from './invoicing/proofs.ts';
export * from './invoicing/quotes.ts';
export * from './invoicing/settlement.ts';
export * from './invoicing/subscription-views.ts';
export * from './invoicing/subscriptions.ts';
export * from './invoicing/tenant-events.ts';
export * from './invoicing/tenant-terms.ts';
export * from './invoicing/tenants.ts';
export * from './invoicing/terms.ts';
