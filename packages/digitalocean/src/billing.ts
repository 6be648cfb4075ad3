import { z } from 'zod';
import { anyText, anyTextOrEmpty, decimalText, nameText } from './fields.ts';
import { type ListingCalls, listingOf } from './listing-of.ts';
import type { Transport } from './transport.ts';

/** Amounts are decimal text in USD. */
export const balance = z.looseObject({
  month_to_date_balance: decimalText,
  account_balance: decimalText,
  month_to_date_usage: decimalText,
  generated_at: z.string(),
});
export type Balance = z.output<typeof balance>;

export const billingHistoryEntry = z.looseObject({
  description: nameText,
  amount: decimalText,
  invoice_id: anyText,
  invoice_uuid: anyText,
  date: z.string(),
  type: nameText,
});
export type BillingHistoryEntry = z.output<typeof billingHistoryEntry>;

export const invoiceHeader = z.looseObject({
  invoice_uuid: z.string(),
  invoice_id: anyText,
  amount: decimalText,
  invoice_period: z.string(),
  updated_at: anyText,
});
export type InvoiceHeader = z.output<typeof invoiceHeader>;

/**
 * One line of an invoice. An omitted field is empty, and so is one of another form, whatever it is: only the amount cannot be missed.
 * Only this form of an invoice names resources by id.
 */
export const invoiceItem = z.looseObject({
  product: anyTextOrEmpty,
  resource_id: anyTextOrEmpty,
  resource_uuid: anyTextOrEmpty,
  group_description: anyTextOrEmpty,
  description: anyTextOrEmpty,
  amount: decimalText,
  duration: anyTextOrEmpty,
  duration_unit: anyTextOrEmpty,
  start_time: anyTextOrEmpty,
  end_time: anyTextOrEmpty,
  project_name: anyTextOrEmpty,
  category: anyTextOrEmpty,
});
export type InvoiceItem = z.output<typeof invoiceItem>;

const charge = z.looseObject({ name: anyText, amount: decimalText }).nullish();

export const invoiceSummary = z.looseObject({
  invoice_uuid: z.string(),
  invoice_id: anyText,
  billing_period: z.string(),
  amount: decimalText,
  product_charges: z
    .looseObject({
      amount: decimalText,
      items: z.array(z.looseObject({ name: nameText, amount: decimalText, count: anyText })).nullish(),
    })
    .nullish(),
  overages: charge,
  taxes: charge,
  credits_and_adjustments: charge,
});
export type InvoiceSummary = z.output<typeof invoiceSummary>;

/** A file, passed on as the provider sends it. */
export interface ProviderFile {
  readonly filename: string | null;
  readonly body: ReadableStream<Uint8Array>;
}

/** Calls for the balance, the billing history and the invoices. `preview` in place of an invoice's uuid is the current month. */
export function billingCalls(transport: Transport) {
  const base = '/v2/customers/my';
  const path = (uuid: string, rest = ''): string => `${base}/invoices/${encodeURIComponent(uuid)}${rest}`;
  const file = async (uuid: string, kind: 'csv' | 'pdf', signal?: AbortSignal): Promise<ProviderFile> => {
    const accept = kind === 'csv' ? 'text/csv' : 'application/pdf';
    const response = await transport.stream({ path: path(uuid, `/${kind}`), headers: { accept }, signal });
    const filename = /filename="?([^"]+)"?/.exec(response.headers.get('content-disposition') ?? '')?.[1] ?? null;
    // An unread body is cancelled when its response is garbage-collected; a reader keeps it open.
    const body = response.body?.pipeThrough(new TransformStream<Uint8Array, Uint8Array>());
    return { filename, body: body ?? new Blob([]).stream() };
  };
  const itemsOf = (uuid: string): ListingCalls<InvoiceItem> =>
    listingOf(transport, { path: path(uuid), key: 'invoice_items', item: invoiceItem });
  return {
    balance: (signal?: AbortSignal): Promise<Balance> => transport.json({ path: `${base}/balance`, signal }, balance),
    history: listingOf(transport, {
      path: `${base}/billing_history`,
      key: 'billing_history',
      item: billingHistoryEntry,
    }),
    invoices: {
      ...listingOf(transport, {
        path: `${base}/invoices`,
        key: 'invoices',
        item: invoiceHeader,
        identify: (item) => item.invoice_uuid,
      }),
      /** The current month so far; recreated each day, under another uuid each month. */
      preview: async (signal?: AbortSignal): Promise<InvoiceHeader | null> => {
        const answer = z.looseObject({ invoice_preview: invoiceHeader.nullish() });
        return (
          (await transport.json({ path: `${base}/invoices`, query: { per_page: 1 }, signal }, answer))
            .invoice_preview ?? null
        );
      },
      itemsOf,
      summary: (uuid: string, signal?: AbortSignal): Promise<InvoiceSummary> =>
        transport.json({ path: path(uuid, '/summary'), signal }, invoiceSummary),
      csv: (uuid: string, signal?: AbortSignal): Promise<ProviderFile> => file(uuid, 'csv', signal),
      pdf: (uuid: string, signal?: AbortSignal): Promise<ProviderFile> => file(uuid, 'pdf', signal),
    },
  };
}
