import { connectProvider, type DigitalOcean, hasToken, type InvoiceItem, ProviderError } from '@arcadia/digitalocean';
import type { Context } from '../context.ts';
import { parseInstant } from '../domain/cost-lines/line-times.ts';
import { type FileFault, type InvoiceLine, isHours, LineReader } from '../domain/invoices/invoice-line.ts';

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
    const named = outcome.unreadable.join('; ');
    const problem = `${outcome.unreadableCount} items are not readable: ${named}`;
    faults.push({ line: 0, column: null, problem });
  } else if (!outcome.complete && outcome.reason !== 'no-total') {
    throw new Error(
      `the provider gave incomplete items of invoice ${uuid} (${outcome.reason}): ${outcome.distinctCount} of ${outcome.metaTotal}`,
    );
  }
}

const noItems: FileFault = { line: 0, column: null, problem: 'the provider has no items for this invoice' };

/** A text as it is, if it can be read; an unreadable duration or time is none, for the amount of its line counts without it. */
const readable = (text: string, isReadable: (text: string) => boolean): string => (isReadable(text) ? text : '');
const isTime = (text: string): boolean => parseInstant(text) !== undefined;

const textsOf = (item: InvoiceItem) => ({
  product: item.product,
  group_description: item.group_description,
  description: item.description,
  project_name: item.project_name,
  category: item.category,
  hours: readable(item.duration, isHours),
  unit: item.duration_unit,
  start: readable(item.start_time, isTime),
  end: readable(item.end_time, isTime),
  amount: item.amount,
  provider_ids: [item.resource_uuid, item.resource_id],
});
