import { readFile } from 'node:fs/promises';
import {
  createDigitalOcean,
  type DigitalOcean,
  type InvoiceItem,
  ProviderError,
  sharedBudget,
} from '@arcadia/digitalocean';
import { tokenLedger } from '@arcadia/platform';
import type { BillingContext } from '../context.ts';
import { type FileFault, type InvoiceLine, LineReader } from '../domain/invoice-line.ts';

const clients = new WeakMap<object, DigitalOcean>();
const told = new WeakSet<object>();

/**
 * The provider's API, only to read. One client for each running service; its budget is the token's, whichever replica asks. Null, and said once in the log,
 * when nobody has told how to reach it.
 */
export const providerOf = (ctx: BillingContext): DigitalOcean | null => {
  const known = clients.get(ctx.config);
  if (known !== undefined) return known;
  const { token, tokenFile, baseUrl } = ctx.config.provider;
  if (token === null && tokenFile === null) {
    if (!told.has(ctx.config)) {
      ctx.log.warn('no provider token: set DIGITALOCEAN_TOKEN_BILLING or DIGITALOCEAN_TOKEN to have costs fetched');
    }
    told.add(ctx.config);
    return null;
  }
  const now = () => ctx.clock.now();
  const readToken = async () => (tokenFile === null ? (token ?? '') : (await readFile(tokenFile, 'utf8')).trim());
  const client = createDigitalOcean({
    token: readToken,
    write: false,
    now,
    budget: sharedBudget({ ledger: tokenLedger(ctx.db, readToken), clock: ctx.clock }),
    log: (attempt) => ctx.log.debug(attempt, 'asked the provider'),
    ...(baseUrl === undefined ? {} : { baseUrl }),
  });
  clients.set(ctx.config, client);
  return client;
};

export type Items = {
  /** Lines in their order, a page at a time; to be read to the end. Throws when the provider fails in the middle: half an invoice is none. */
  batches: AsyncGenerator<InvoiceLine[]>;
  /** Once all batches were read: why the items cannot be used; none when they can. */
  faults: readonly FileFault[];
};

/** The JSON items of an invoice (or of `preview`) as they come. */
export const readItems = (provider: DigitalOcean, uuid: string, signal: AbortSignal): Items => {
  const faults: FileFault[] = [];
  return { batches: itemBatches(provider, uuid, { signal, faults }), faults };
};

/** More faults than anyone reads. */
const maxFaults = 100;

async function* itemBatches(
  provider: DigitalOcean,
  uuid: string,
  { signal, faults }: { signal: AbortSignal; faults: FileFault[] },
): AsyncGenerator<InvoiceLine[]> {
  const pages = provider.billing.invoices.itemsOf(uuid).pages({ signal });
  const reader = new LineReader();
  let count = 0;
  try {
    for await (const { items } of pages) {
      const lines: InvoiceLine[] = [];
      for (const item of items) {
        count += 1;
        const read = reader.read(textsOf(item), count);
        if (!('problem' in read)) lines.push(read);
        else if (faults.length < maxFaults) faults.push({ line: count, ...read });
      }
      yield lines;
    }
  } catch (error) {
    if (!(error instanceof ProviderError) || error.status !== 404) throw error;
    faults.push(noItems);
    return;
  }
  const outcome = pages.outcome();
  if (outcome.reason === 'unreadable-items') {
    faults.push({ line: 0, column: null, problem: `${outcome.unreadableCount} items cannot be understood` });
  } else if (!outcome.complete && outcome.reason !== 'no-total') {
    throw new Error(
      `the items of invoice ${uuid} came incomplete (${outcome.reason}): ${outcome.distinctCount} of ${outcome.metaTotal}`,
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
  // For hours the provider's unit is "Hours"; what is counted otherwise is no time.
  hours: item.duration,
  start: item.start_time,
  end: item.end_time,
  amount: item.amount,
  provider_ids: [item.resource_uuid, item.resource_id],
});
