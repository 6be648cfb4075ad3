import type { Bench } from './bench.ts';
import { exportedLines, type GatewayStage, openGatewayStage } from './gateway-stage.ts';
import { drain, openClients, runClients } from './http-clients.ts';
import { percentile } from './page-sizes.ts';
import { processorTimeOf } from './processor-time.ts';

const clients = 32;
const sliceMs = 2_000;
const manyClients = 200;
const longMs = Number(process.env['BENCH_LOAD_MS'] ?? 60_000);
const list = '/api/v1/invoices?limit=50';
const bareList = '/invoices?limit=50';

export const gateway: Bench = {
  name: 'gateway',
  unit: 'lists/s',
  summary:
    'a list of 50 invoices of one tenant through gateway, NATS and service, 32 at once, against Hono, jose and pg in one process',
  gate: { kind: 'at-least', gate: 0.4, aim: 0.5 },
  pairs: 7,
  async prepare(stage) {
    const running = await openGatewayStage(stage);
    const [ours, bare] = [openClients(running.url, manyClients), openClients(running.bareUrl, manyClients)];
    stage.defer(async () => {
      ours.close();
      bare.close();
    });
    const tokens = await Promise.all(Array.from({ length: clients }, (_, number) => running.tenantToken(number)));
    const used = { gateway: 0, service: 0, bare: 0 };
    const lists = { ours: 0, bare: 0 };
    const side = (name: keyof typeof lists, send: typeof ours.send, path: string) => async () => {
      const processes = name === 'ours' ? (['gateway', 'service'] as const) : (['bare'] as const);
      for (const each of processes) used[each] -= await processorTimeOf([running.processes[each]]);
      const done = await runClients(clients, sliceMs, (client) => send(path, tokens[client] ?? ''));
      if (done.failures > 0) throw new Error(`${done.failures} of ${done.times.length} requests for ${path} failed`);
      for (const each of processes) used[each] += await processorTimeOf([running.processes[each]]);
      lists[name] += done.times.length;
      return { units: done.times.length, ms: done.ms };
    };
    return {
      ours: side('ours', ours.send, list),
      bare: side('bare', bare.send, bareList),
      async check() {
        const [mine, theirs] = await Promise.all([
          ours.send(list, tokens[1] ?? ''),
          bare.send(bareList, tokens[1] ?? ''),
        ]);
        if (comparable(mine.text) !== comparable(theirs.text)) throw new Error('the two sides answer different lists');
      },
      notes: async () => ({
        'gateway, µs of processor time per list': used.gateway / lists.ours,
        'service, µs of processor time per list': used.service / lists.ours,
        'bare server, µs of processor time per list': used.bare / lists.bare,
      }),
      async furtherGates() {
        const neighbour = await besideAnExport(running, stage.progress);
        stage.progress(`${manyClients} clients of mixed reads for ${longMs / 1000} s`);
        return [...neighbour, ...(await underLoad(running, ours.send, bare.send))];
      },
    };
  },
};

/** The items of a list, without what the two sides write differently: the form of instants, the order of fields, the cursor. */
export const comparable = (text: string): string => {
  const { items } = JSON.parse(text) as { items: Record<string, unknown>[] };
  if (items.length !== 50) throw new Error(`a list has ${items.length} items, expected 50: ${text.slice(0, 200)}`);
  return JSON.stringify(
    items.map((item) => [Object.keys(item).length, item['invoice_id'], item['total_cents'], item['amount_due_cents']]),
  );
};

/** The p99 of one tenant's lists while another caller exports a million rows, against the same alone. */
async function besideAnExport(running: GatewayStage, progress: (line: string) => void) {
  const own = openClients(running.url, 4);
  const token = await running.tenantToken(7);
  const lists = (forMs: number) => runClients(4, forMs, () => own.send(list, token));
  progress('one tenant alone, then beside an export');
  await lists(1_000);
  const alone = await lists(8_000);
  const ended = new AbortController();
  const path = '/api/v1/billing/cost-lines.csv?tenant_id=t-0';
  const exporting = drain(`${running.url}${path}`, await running.operatorToken(), ended.signal);
  const exported = exporting.then(({ bytes }) => bytes);
  const beside = await lists(8_000);
  const bytes = await exported;
  own.close();
  if (bytes < exportedLines * 50) throw new Error(`the export has ${bytes} bytes for ${exportedLines} lines`);
  const [p99, p99Alone] = [percentile(beside.times, 99), percentile(alone.times, 99)];
  return [
    {
      name: `p99 of a tenant beside an export of ${exportedLines} rows, times alone`,
      value: p99 / p99Alone,
      atMost: 3,
    },
    { name: 'failures beside the export', value: beside.failures + alone.failures, atMost: 0 },
  ];
}

/** Two hundred clients of mixed reads for a minute; the bare server gets as many, of its only list, for a sixth of the time. */
async function underLoad(
  running: GatewayStage,
  send: (path: string, token: string) => Promise<{ status: number; text: string; ms: number }>,
  sendBare: typeof send,
) {
  const tokens = await Promise.all(Array.from({ length: manyClients }, (_, number) => running.tenantToken(number)));
  const pathOf = (client: number, turn: number): string =>
    [list, `/api/v1/invoices/${running.invoiceOf(client)}/lines`, '/api/v1/me', '/api/v1/subscriptions', list][
      turn % 5
    ] ?? list;
  const bare = await runClients(manyClients, longMs / 6, (client) => sendBare(bareList, tokens[client] ?? ''));
  const mixed = await runClients(manyClients, longMs, (client, turn) =>
    send(pathOf(client, turn), tokens[client] ?? ''),
  );
  const [p99, p99Bare] = [percentile(mixed.times, 99), percentile(bare.times, 99)];
  return [
    { name: `${manyClients} clients of mixed reads: errors`, value: mixed.failures, atMost: 0 },
    { name: 'their p99, times that of the bare list (1 s where it has 0.3 s)', value: p99 / p99Bare, atMost: 1 / 0.3 },
    { name: 'their p99, ms', value: p99, atMost: Number.POSITIVE_INFINITY },
    { name: 'their requests/s', value: (mixed.times.length / mixed.ms) * 1000, atMost: Number.POSITIVE_INFINITY },
  ];
}
