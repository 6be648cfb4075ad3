import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A line generated from its number: whole cents, every thousandth a tax line, some of them with equal names. */
export type GeneratedLine = {
  product: string;
  description: string;
  hours: string;
  cents: number;
  resource: string;
};

export const lineOf = (n: number): GeneratedLine =>
  n % 1000 === 999
    ? { product: 'Taxes', description: 'GST (10%)', hours: '', cents: 7, resource: '' }
    : {
        product: 'Droplets',
        description: `web-${n % 400_000} (s-1vcpu-1gb)`,
        hours: '744',
        cents: (n % 900) + 1,
        resource: String(n),
      };

/** Larger pages than the provider's, because the request budget is not the subject of this test. */
const pageLines = 2000;
const amountOf = (cents: number): string => `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;
const start = '2026-03-01';
const end = '2026-04-01';

export type ProviderOfLines = AsyncDisposable & {
  readonly url: string;
  readonly invoiceUuid: string;
  readonly totalCents: number;
};

/** A provider with one invoice of any number of lines, which are generated and never stored. */
export async function startProviderOfLines(lines: number): Promise<ProviderOfLines> {
  const invoiceUuid = '00000000-0000-4000-8000-00000000b16b';
  let totalCents = 0;
  for (let n = 0; n < lines; n += 1) totalCents += lineOf(n).cents;
  const header = {
    invoice_uuid: invoiceUuid,
    invoice_id: '1',
    amount: amountOf(totalCents),
    invoice_period: '2026-03',
  };
  const server = createServer(async (request, response) => {
    const { pathname, searchParams, origin } = new URL(request.url ?? '/', `http://${request.headers.host}`);
    const json = (body: object) => response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
    if (pathname.endsWith('/billing_history')) return json({ billing_history: [], links: {}, meta: { total: 0 } });
    if (pathname.endsWith('/invoices')) return json({ invoices: [header], links: {}, meta: { total: 1 } });
    if (pathname.endsWith('/csv')) return sendCsv(response, lines);
    if (pathname.endsWith('/summary'))
      return json({ invoice_uuid: invoiceUuid, billing_period: '2026-03', amount: header.amount });
    const page = Number(searchParams.get('page') ?? '1');
    const from = (page - 1) * pageLines;
    const count = Math.min(pageLines, lines - from);
    const next = from + count < lines ? { next: `${origin}${pathname}?per_page=200&page=${page + 1}` } : {};
    return json({
      invoice_items: Array.from({ length: count }, (_, index) => itemOf(from + index)),
      links: { pages: next },
      meta: { total: lines },
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    invoiceUuid,
    totalCents,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

const itemOf = (n: number) => {
  const { product, description, hours, cents, resource } = lineOf(n);
  return {
    product,
    resource_id: resource,
    description,
    amount: amountOf(cents),
    duration: hours,
    duration_unit: 'Hours',
    start_time: `${start}T00:00:00Z`,
    end_time: `${end}T00:00:00Z`,
    project_name: 'acme',
    category: 'iaas',
  };
};

async function sendCsv(response: ServerResponse, lines: number): Promise<void> {
  response.setHeader('content-type', 'text/csv');
  response.write('product,group_description,description,hours,start,end,USD,project_name,category\n');
  for (let from = 0; from < lines; from += 1000) {
    let text = '';
    for (let n = from; n < Math.min(from + 1000, lines); n += 1) {
      const { product, description, hours, cents } = lineOf(n);
      text += `${product},,${description},${hours},${start} 00:00:00 +0000,${end} 00:00:00 +0000,$${amountOf(cents)},acme,iaas\n`;
    }
    if (!response.write(text)) await once(response, 'drain');
  }
  response.end();
}
