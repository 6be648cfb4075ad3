import { connectProvider, type DigitalOcean, hasToken, type InvoiceItem, ProviderError } from '@arcadia/digitalocean';
import type { Context } from '../context.ts';
import { type FileFault, type InvoiceLine, LineReader } from '../domain/invoices/invoice-line.ts';

/** The provider's API, only for reading. Null if no token is configured, which the health of the service reports. */
export function providerOf(ctx: Context): DigitalOcean | null {
  const { access } = ctx.config.provider;
  return hasToken(access, ctx) ? connectProvider(access, ctx) : null;
}

/** Reports a missing token in the health of the service. */
export async function reportToken(ctx: Context): Promise<void> {
  hasToken(ctx.config.provider.access, ctx);
}

export type Items = {
  /** Lines in their order, a page at a time, to be read to the end. Throws if the provider fails in the middle. */
  batches: AsyncGenerator<InvoiceLine[]>;
  /** After all batches were read: the reasons why the items cannot be used, if any. */
  faults: readonly FileFault[];
};

/** Called for each page of items: how many were read, and the provider's number of all; null: it gave none. */
type OnPage = (read: { lines: number; of: number | null }) => Promise<void>;

/** Reads the JSON items of an invoice, or of `preview`, as they come. */
export function readItems(
  provider: DigitalOcean,
  uuid: string,
  signal: AbortSignal,
  onPage: OnPage = async () => {},
): Items {
  const faults: FileFault[] = [];
  return { batches: itemBatches(provider, uuid, { signal, faults, onPage }), faults };
}

/** Faults that are recorded at most. */
const maxFaults = 100;

async function* itemBatches(
  provider: DigitalOcean,
  uuid: string,
  { signal, faults, onPage }: { signal: AbortSignal; faults: FileFault[]; onPage: OnPage },
): AsyncGenerator<InvoiceLine[]> {
  const pages = provider.billing.invoices.itemsOf(uuid).pages({ signal });
  const reader = new LineReader();
  let count = 0;
  try {
    for await (const { items, metaTotal } of pages) {
      const lines: InvoiceLine[] = [];
      for (const item of items) {
        count += 1;
        const read = reader.read(textsOf(item), count);
        if (!('problem' in read)) lines.push(read);
        else if (faults.length < maxFaults) faults.push({ line: count, ...read });
      }
      yield lines;
      await onPage({ lines: count, of: metaTotal });
    }
  } catch (error) {
    if (!(error instanceof ProviderError) || error.status !== 404) throw error;
    faults.push(noItems);
    return;
  }
  const outcome = pages.outcome();
  if (outcome.reason === 'unreadable-items') {
    faults.push({ line: 0, column: null, problem: `${outcome.unreadableCount} items are not readable` });
  } else if (!outcome.complete && outcome.reason !== 'no-total') {
    throw new Error(
      `the provider gave incomplete items of invoice ${uuid} (${outcome.reason}): ${outcome.distinctCount} of ${outcome.metaTotal}`,
    );
  }
}

const noItems: FileFault = { line: 0, column: null, problem: 'the provider has no items for this invoice' };

const textsOf = (item: InvoiceItem) => ({
  product: item.product,
  group_description: item.group_description,
  description: item.description,
  project_name: item.project_name,
  category: item.category,
  hours: item.duration,
  unit: item.duration_unit,
  start: item.start_time,
  end: item.end_time,
  amount: item.amount,
  provider_ids: [item.resource_uuid, item.resource_id],
});
