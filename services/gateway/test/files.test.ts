import { get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import { billingIngest } from '@arcadia/contracts';
import { expect, test } from 'vitest';
import { openStage, operator, startNeighbour, tokenOf } from './stage.ts';

const head = { media_type: 'text/csv', file_name: 'cost-lines.csv' };

/** A service that sends the file of cost lines from these chunks. */
const sending = (chunks: () => AsyncIterable<Uint8Array>) => ({
  contract: billingIngest.exportCostLines,
  kind: 'stream' as const,
  handle: async () => ({ head, chunks: chunks() }),
});

const line = new TextEncoder().encode('2026-04,droplet,24.00\n');

test('files: a file arrives whole, with its name and its media type', async () => {
  await using stage = await openStage();
  const whole = sending(async function* () {
    for (let index = 0; index < 100; index += 1) yield line;
  });
  const neighbour = await startNeighbour(stage.nats, 'billing-ingest', [whole]);
  const response = await stage.gateway.send('/api/v1/billing/cost-lines.csv');
  expect(response.headers.get('content-type')).toBe('text/csv');
  expect(response.headers.get('content-disposition')).toBe('attachment; filename="cost-lines.csv"');
  expect((await response.text()).length).toBe(100 * line.length);
  await neighbour.stop();
});

test.each(['identity', 'gzip'])(
  'files: a trailer has the length of a file that is whole, sent as %s',
  async (coding) => {
    await using stage = await openStage();
    const whole = sending(async function* () {
      for (let index = 0; index < 1_000; index += 1) yield line;
    });
    const neighbour = await startNeighbour(stage.nats, 'billing-ingest', [whole]);
    const headers = { authorization: `Bearer ${await tokenOf(operator)}`, 'accept-encoding': coding };
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      get(`${stage.gateway.url}/api/v1/billing/cost-lines.csv`, { headers }, resolve).on('error', reject);
    });
    expect(answer.headers).toMatchObject({ trailer: 'X-File-Bytes', 'transfer-encoding': 'chunked' });
    expect(answer.headers['content-encoding']).toBe(coding === 'identity' ? undefined : coding);
    await finished(answer.resume());
    expect(answer.trailers).toEqual({ 'x-file-bytes': String(1_000 * line.length) });
    await neighbour.stop();
  },
);

test('files: HEAD and a reader of HTTP/1.0, which know no trailers, are answered without one', async () => {
  await using stage = await openStage();
  const whole = sending(async function* () {
    yield line;
  });
  const neighbour = await startNeighbour(stage.nats, 'billing-ingest', [whole]);
  const request = (method: string, version: string, token: string) =>
    `${method} /api/v1/billing/cost-lines.csv HTTP/${version}\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer ${token}\r\n\r\n`;
  for (const [method, version, body] of [
    ['HEAD', '1.1', ''],
    ['HEAD', '1.0', ''],
    ['GET', '1.0', new TextDecoder().decode(line)],
  ] as const) {
    const { hostname, port } = new URL(stage.gateway.url);
    const socket = connect(Number(port), hostname);
    socket.write(request(method, version, await tokenOf(operator)));
    const answer = await text(socket);
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer.split('\r\n\r\n')[1]).toBe(body);
    expect(answer.toLowerCase()).not.toContain('trailer');
  }
  await neighbour.stop();
});

test('files: a download that breaks off ends in an error, never as a complete shorter file', async () => {
  await using stage = await openStage();
  const broken = sending(async function* () {
    for (let index = 0; index < 100; index += 1) yield line;
    throw new Error('the database is gone');
  });
  const neighbour = await startNeighbour(stage.nats, 'billing-ingest', [broken]);
  const download = stage.gateway.send('/api/v1/billing/cost-lines.csv').then((response) => response.text());
  await expect(download).rejects.toThrow();
  await neighbour.stop();
});
