import { invoicing } from '@arcadia/contracts';
import { fileRoute } from '../file-route.ts';
import { type Route, route } from '../route.ts';

/** Fixed words such as the preview and the runs come before `{invoice_id}`, which would match them too. */
export const invoiceRoutes: readonly Route[] = [
  route('get', '/api/v1/invoices', invoicing.listInvoices),
  route('get', '/api/v1/invoices/preview', invoicing.previewInvoice),
  route('get', '/api/v1/invoices/preview/lines', invoicing.listPreviewLines),
  route('get', '/api/v1/invoices/preview/unbilled', invoicing.listPreviewUnbilled),
  route('get', '/api/v1/invoices/runs', invoicing.listInvoiceRuns),
  route('get', '/api/v1/invoices/runs/summary', invoicing.summarizeInvoiceRuns),
  route('post', '/api/v1/invoices/runs', invoicing.runInvoices, {
    status: 202,
    location: '/api/v1/invoices/runs?period={period}',
  }),
  route('get', '/api/v1/invoices/credit-notes', invoicing.listCreditNotes),
  route('get', '/api/v1/invoices/credit-notes/{credit_note_id}/lines', invoicing.listCreditNoteLines),
  route('get', '/api/v1/invoices/receivables', invoicing.listReceivables),
  route('post', '/api/v1/invoices/manual-lines', invoicing.addManualLine, {
    status: 201,
    location: '/api/v1/invoices/preview?tenant_id={tenant_id}&period={period}',
  }),
  fileRoute('/api/v1/invoices/focus.csv', invoicing.exportFocusCharges, { mediaType: 'text/csv' }),
  fileRoute('/api/v1/invoices/focus.parquet', invoicing.exportFocusChargesParquet, {
    mediaType: 'application/vnd.apache.parquet',
  }),
  fileRoute('/api/v1/invoices/{invoice_id}.pdf', invoicing.getInvoicePdf, { mediaType: 'application/pdf' }),
  fileRoute('/api/v1/invoices/{invoice_id}.csv', invoicing.getInvoiceCsv, { mediaType: 'text/csv' }),
  route('get', '/api/v1/invoices/{invoice_id}', invoicing.getInvoice),
  route('get', '/api/v1/invoices/{invoice_id}/lines', invoicing.listInvoiceLines),
  route('get', '/api/v1/invoices/{invoice_id}/unbilled', invoicing.listUnbilled),
  route('get', '/api/v1/invoices/{invoice_id}/lines/{line_id}/evidence', invoicing.getLineEvidence),
  route('post', '/api/v1/invoices/{invoice_id}/void', invoicing.voidInvoice),
  route('post', '/api/v1/invoices/{invoice_id}/pay', invoicing.payInvoice),
  route('post', '/api/v1/invoices/{invoice_id}/credit-notes', invoicing.creditInvoice, {
    status: 201,
    location: '/api/v1/credit-notes/{credit_note_id}',
  }),
  fileRoute('/api/v1/credit-notes/{credit_note_id}.pdf', invoicing.getCreditNotePdf, { mediaType: 'application/pdf' }),
  route('get', '/api/v1/credit-notes/{credit_note_id}', invoicing.getCreditNote),
  route('post', '/api/v1/credit-notes/{credit_note_id}/refund', invoicing.refundCreditNote),
  route('get', '/api/v1/alerts', invoicing.listAlerts),
  route('post', '/api/v1/alerts', invoicing.createAlert, { status: 201, location: '/api/v1/alerts/{alert_id}' }),
  route('get', '/api/v1/alerts/{alert_id}', invoicing.getAlert),
  route('delete', '/api/v1/alerts/{alert_id}', invoicing.deleteAlert),
];
