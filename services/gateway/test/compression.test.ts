import { request } from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { billingIngest } from '@arcadia/contracts';
import { expect, test } from 'vitest';
import { openStage, operator, type RunningGateway, startNeighbour, tokenOf } from './stage.ts';

type Raw = { status: number; headers: NodeJS.Dict<string | string[]>; body: Buffer };

/** A request whose answer is not decoded. Rejects where the connection ends before the answer does. */
const read = async (gateway: RunningGateway, path: string, { method = 'GET', encodings = 'gzip', body = '' } = {}) => {
  const headers = {
    ...{ authorization: `Bearer ${await tokenOf(operator)}`, 'accept-encoding': encodings },
    ...(body === '' ? {} : { 'content-type': 'application/json' }),
  };
  return new Promise<Raw>((resolve, reject) => {
    const sent = request(new URL(path, gateway.url), { method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });
};

test('what is read is compressed from 1 KB on for a client that accepts it, and `Vary` names the header', async () => {
  await using stage = await openStage();
  const { gateway } = stage;
  const [zipped, plain] = [
    await read(gateway, '/openapi.json'),
    await read(gateway, '/openapi.json', { encodings: 'identity' }),
  ];
  expect([zipped.headers['content-encoding'], plain.headers['content-encoding']]).toEqual(['gzip', undefined]);
  for (const { headers } of [zipped, plain]) expect(headers['vary']).toMatch(/accept-encoding/i);
  expect(gunzipSync(zipped.body)).toEqual(plain.body);
  expect(zipped.body.length).toBeLessThan(plain.body.length / 4);
  for (const encodings of ['gzip;q=0', 'br;q=0', 'deflate, zstd', ''])
    expect((await read(gateway, '/openapi.json', { encodings })).headers['content-encoding']).toBeUndefined();
});

test('brotli is used for a client that names it and prefers it to gzip or accepts both alike', async () => {
  await using stage = await openStage();
  const coding = async (encodings: string) => {
    const { headers, body } = await read(stage.gateway, '/openapi.json', { encodings });
    return [headers['content-encoding'], body] as const;
  };
  const [, plain] = await coding('identity');
  for (const encodings of ['br', 'gzip, deflate, br, zstd', 'BR;q=0.5, gzip;q=0.5', '*;q=0.1, br;q=0.2']) {
    const [used, body] = await coding(encodings);
    expect([encodings, used]).toEqual([encodings, 'br']);
    expect(brotliDecompressSync(body)).toEqual(plain);
    expect(body.length).toBeLessThan(plain.length / 4);
  }
  for (const encodings of ['br;q=0.4, gzip;q=0.5', 'gzip', '*', 'br;q=0, *;q=0.5'])
    expect([encodings, (await coding(encodings))[0]]).toEqual([encodings, 'gzip']);
});

test('a client that accepts no answer as it is gets a compressed one, or a 406 if it accepts none that is used', async () => {
  await using stage = await openStage();
  const { gateway } = stage;
  const coding = async (encodings: string, path = '/api/v1/me') => {
    const { status, headers } = await read(gateway, path, { encodings });
    return [status, headers['content-encoding']];
  };
  for (const encodings of ['gzip, identity;q=0', 'GZIP;q=0.1, *;q=0', 'br;q=0.1, gzip, identity;q=0.0'])
    expect([encodings, await coding(encodings)]).toEqual([encodings, [200, 'gzip']]);
  expect(await coding('br, identity;q=0')).toEqual([200, 'br']);
  for (const encodings of ['identity;q=0', '*;q=0', 'zstd, identity;q=0', 'br;q=0, gzip;q=0, identity;q=0.000'])
    expect([encodings, await coding(encodings)]).toEqual([encodings, [406, undefined]]);
  for (const encodings of ['*;q=0, identity', 'br;q=0', 'gzip;q=0', 'identity;q=0.001'])
    expect([encodings, await coding(encodings, '/openapi.json')]).toEqual([encodings, [200, undefined]]);
});

test('short answers, commands and the live feed are never compressed', async () => {
  await using stage = await openStage();
  const { gateway } = stage;
  const body = JSON.stringify(Array.from({ length: 30 }, () => ({})));
  const made = await read(gateway, '/api/v1/usage', { method: 'POST', body });
  expect([made.status, made.body.length > 2_000]).toEqual([422, true]);
  const answers = [made, await read(gateway, '/api/v1/usage'), await read(gateway, '/api/v1/me')];
  expect(answers.map(({ headers }) => headers['content-encoding'])).toEqual([undefined, undefined, undefined]);
  const left = new AbortController();
  const feed = await gateway.send('/api/v1/events', {
    headers: { 'accept-encoding': 'gzip, br' },
    signal: left.signal,
  });
  expect([feed.headers.get('content-type'), feed.headers.get('content-encoding')]).toEqual(['text/event-stream', null]);
  left.abort();
});

test('a compressed download arrives whole, and one that breaks off ends in an error', async () => {
  await using stage = await openStage();
  const line = '2026-04,droplet,24.00\n';
  const file = {
    contract: billingIngest.exportCostLines,
    kind: 'stream' as const,
    handle: async ({ input }: { input: { period?: string } }) => ({
      head: { media_type: 'text/csv; charset=utf-8', file_name: 'x.csv' },
      chunks: (async function* () {
        for (let index = 0; index < 100_000; index += 1) yield line;
        if (input.period !== undefined) throw new Error('the database is gone');
      })(),
    }),
  };
  const neighbour = await startNeighbour(stage.nats, 'billing-ingest', [file]);
  for (const [encodings, unzipped] of [
    ['gzip', gunzipSync],
    ['br', brotliDecompressSync],
  ] as const) {
    const whole = await read(stage.gateway, '/api/v1/billing/cost-lines.csv', { encodings });
    expect(whole.headers['content-encoding']).toBe(encodings);
    expect(unzipped(whole.body).toString('utf8')).toBe(line.repeat(100_000));
    await expect(read(stage.gateway, '/api/v1/billing/cost-lines.csv?period=2026-04', { encodings })).rejects.toThrow();
  }
  await neighbour.stop();
});
