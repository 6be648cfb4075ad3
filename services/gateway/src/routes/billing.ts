import { billingIngest } from '@arcadia/contracts';
import { fileRoute } from '../file-route.ts';
import { type Route, route } from '../route.ts';

const bill = '/api/v1/billing/invoices/{invoice_uuid}';

/** The provider’s invoices; for the operator’s accounts department and auditors. */
export const billingRoutes: readonly Route[] = [
  route('get', '/api/v1/billing/balance', billingIngest.getBalance),
  fileRoute('/api/v1/billing/cost-lines.csv', billingIngest.exportCostLines, { mediaType: 'text/csv' }),
  fileRoute('/api/v1/billing/focus.csv', billingIngest.exportFocusCosts, { mediaType: 'text/csv' }),
  fileRoute('/api/v1/billing/focus.parquet', billingIngest.exportFocusCostsParquet, {
    mediaType: 'application/vnd.apache.parquet',
  }),
  route('get', '/api/v1/billing/cost-lines', billingIngest.listCostLines),
  route('get', '/api/v1/billing/match-rate', billingIngest.getMatchRate),
  route('get', '/api/v1/billing/preview', billingIngest.getInvoicePreview),
  route('get', '/api/v1/billing/allocation-rules', billingIngest.listAllocationRules),
  route('get', '/api/v1/billing/allocation-rules/{line_class}', billingIngest.getAllocationRule),
  route('put', '/api/v1/billing/allocation-rules/{line_class}', billingIngest.putAllocationRule),
  route('get', '/api/v1/billing/fx-rates', billingIngest.listFxRates),
  route('put', '/api/v1/billing/fx-rates', billingIngest.putFxRates),
  route('get', '/api/v1/billing/invoices', billingIngest.listProviderInvoices),
  route('get', '/api/v1/billing/invoices/summary', billingIngest.summarizeProviderInvoices),
  route('post', '/api/v1/billing/invoices/discover', billingIngest.discoverInvoices, {
    status: 202,
    location: '/api/v1/billing/invoices',
  }),
  fileRoute('/api/v1/billing/invoices/{invoice_uuid}/csv', billingIngest.getInvoiceCsv, { mediaType: 'text/csv' }),
  route('post', '/api/v1/billing/invoices/{invoice_uuid}/reingest', billingIngest.reingestInvoice, {
    status: 202,
    location: bill,
  }),
  route('post', '/api/v1/billing/invoices/{invoice_uuid}/rematch', billingIngest.rematchInvoice, {
    status: 202,
    location: bill,
  }),
  route('post', '/api/v1/billing/invoices/{invoice_uuid}/accept', billingIngest.acceptInvoice),
  route('get', '/api/v1/billing/invoices/{invoice_uuid}', billingIngest.getProviderInvoice),
];
