import { type Actor, invoicing as contracts, isRefusal } from '@arcadia/contracts';
import { sendRequest, sendStreamRequest } from '@arcadia/platform';
import type { FurtherGate } from './bench.ts';
import { percentile } from './page-sizes.ts';

type Bus = Parameters<typeof sendRequest>[0];

/** Readers of one tenant's PDFs at the same time. */
const readers = 5;
const drawn = 40;
const actorOf = (tenant: string): Actor => ({ subject: 'bench', tenant_id: tenant, roles: ['tenant'] });

/**
 * The processor time of the PDF of an invoice, the request for it included, and how long the requests of another tenant wait while
 * PDFs are drawn, against the same alone.
 */
export async function measureDocuments(bus: Bus): Promise<FurtherGate[]> {
  const answered = await sendRequest(bus, contracts.listInvoices, { limit: 1 }, { actor: actorOf('tenant-1') });
  const [invoice] = isRefusal(answered) ? [] : answered.items;
  if (invoice === undefined) throw new Error('tenant-1 has no invoice');
  const { invoice_id } = invoice;
  const read = async (): Promise<void> => {
    const options = { actor: actorOf('tenant-1'), deadlineMs: 60_000 };
    const answer = await sendStreamRequest(bus, contracts.getInvoicePdf, { invoice_id }, options);
    if (isRefusal(answer)) throw new Error(answer.detail);
    let bytes = 0;
    for await (const chunk of answer.chunks) bytes += chunk.length;
    if (bytes < 10_000) throw new Error(`the PDF has ${bytes} bytes`);
  };
  for (let index = 0; index < 10; index += 1) await read();
  const before = process.cpuUsage();
  for (let index = 0; index < drawn; index += 1) await read();
  const { user, system } = process.cpuUsage(before);
  const alone = await waitsOfAnother(bus, 600);
  const ended = new AbortController();
  const reading = Promise.all(
    Array.from({ length: readers }, async () => {
      while (!ended.signal.aborted) await read();
    }),
  );
  const beside = await waitsOfAnother(bus, 600);
  ended.abort();
  await reading;
  return [
    { name: 'PDF of 125 lines, ms of processor time', value: (user + system) / 1000 / drawn, atMost: 60 },
    {
      name: `p99 of a tenant while ${readers} read PDFs of another, times alone`,
      value: percentile(beside, 99) / percentile(alone, 99),
      atMost: 3,
    },
    { name: 'that p99, ms', value: percentile(beside, 99), atMost: Number.POSITIVE_INFINITY },
  ];
}

/** Milliseconds that the lists and previews of another tenant take, one after the other. */
async function waitsOfAnother(bus: Bus, count: number): Promise<number[]> {
  const waits: number[] = [];
  const options = { actor: actorOf('tenant-2'), deadlineMs: 60_000 };
  for (let index = 0; index < count; index += 1) {
    const begun = performance.now();
    const answer =
      index % 2 === 0
        ? await sendRequest(bus, contracts.listInvoices, { limit: 5 }, options)
        : await sendRequest(bus, contracts.previewInvoice, { period: '2026-04' }, options);
    if (isRefusal(answer)) throw new Error(answer.detail);
    waits.push(performance.now() - begun);
  }
  return waits;
}
