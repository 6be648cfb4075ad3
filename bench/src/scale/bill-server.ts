import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const invoiceUuid = 'b0000000-0000-4000-8000-000000000001';
const invoices = '/v2/customers/my/invoices';

/** Of how many resources one is billed in two lines for half of its time, so that there is a difference to find. */
export type BillOptions = { resources: number; oneDiffersOf: number };

/** How many lines the bill has. */
export const billedLines = ({ resources, oneDiffersOf }: BillOptions): number =>
  resources + Math.ceil(resources / oneDiffersOf);

const whole = [['2026-04-01', '2026-05-01', 720]] as const;
const halves = [
  ['2026-04-01', '2026-04-08', 168],
  ['2026-04-08', '2026-04-16', 192],
] as const;

/** The hours of each line of a resource, with its first day and the day after its last one. */
const spansOf = (resource: number, { oneDiffersOf }: BillOptions) => (resource % oneDiffersOf === 0 ? halves : whole);

/** Cents of a line: a droplet costs 6.43 USD for 720 hours, a volume 10 USD. */
const centsOf = (resource: number, hours: number): number =>
  Math.round(((resource % 4 === 3 ? 1_000 : 643) * hours) / 720);

/**
 * A provider whose one invoice has a line for each resource of the fleet, as a CSV only: its items would take a request for each 200
 * lines of the hourly budget of a token. @returns its URL
 */
export async function serveBill(options: BillOptions): Promise<{ url: string; stop(): Promise<void> }> {
  let total = 0;
  for (let resource = 0; resource < options.resources; resource += 1)
    for (const [, , hours] of spansOf(resource, options)) total += centsOf(resource, hours);
  const header = { invoice_uuid: invoiceUuid, invoice_id: '1', amount: dollars(total), invoice_period: '2026-04' };
  const json = (response: ServerResponse, body: object, status = 200): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (pathname === `${invoices}/${invoiceUuid}/csv`) {
      response.writeHead(200, { 'content-type': 'text/csv' });
      void pipeline(Readable.from(linesOf(options)), response);
    } else if (pathname === invoices) json(response, { invoices: [header], links: {}, meta: { total: 1 } });
    else if (pathname.endsWith('/billing_history'))
      json(response, { billing_history: [], links: {}, meta: { total: 0 } });
    else if (pathname === '/v2/projects') json(response, { projects: [], links: {}, meta: { total: 0 } });
    else json(response, { id: 'not_found', message: 'not found' }, 404);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop };
}

function* linesOf(options: BillOptions): Generator<string> {
  let chunk = 'product,group_description,description,hours,start,end,USD,project_name,category\n';
  for (let resource = 0; resource < options.resources; resource += 1) {
    const named =
      resource % 4 === 3 ? `Volumes,,volume-${resource} (100GB)` : `Droplets,,droplet-${resource} (s-1vcpu-1gb)`;
    for (const [start, end, hours] of spansOf(resource, options)) {
      const amount = dollars(centsOf(resource, hours));
      chunk += `${named},${hours},${start} 00:00:00 +0000,${end} 00:00:00 +0000,$${amount},,iaas\n`;
    }
    if (chunk.length < 64 * 1024) continue;
    yield chunk;
    chunk = '';
  }
  yield chunk;
}

const dollars = (amount: number): string => (amount / 100).toFixed(2);
