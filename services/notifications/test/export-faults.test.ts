import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BucketFault } from '@arcadia/bucket-stand-in';
import { notifications } from '@arcadia/contracts';
import { armFailpoints } from '@arcadia/platform';
import { eventually } from '@arcadia/testkit';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { datasets } from './dataset-neighbours.ts';
import { accessTo, type ExportStage, openExportStage } from './export-stage.ts';
import { startRawServer } from './receiver.ts';
import { tenant } from './stage.ts';

let opened: ExportStage;
/** A service within the network of the machine, which nothing may be sent to. */
let inside: Server;
let reached = 0;

beforeAll(async () => {
  opened = await openExportStage();
  inside = createServer((_, response) => {
    reached += 1;
    response.end();
  }).listen(0, '127.0.0.1');
  await once(inside, 'listening');
});
afterEach(() => opened.reset());
afterAll(async () => {
  await opened?.[Symbol.asyncDispose]();
  inside?.close();
});

const large = () => Array.from({ length: 120 }, () => Buffer.alloc(100_000, 'x'));

test.each([
  [
    'another secret',
    { secret_access_key: 'wrong' },
    403,
    '(SignatureDoesNotMatch): the secret key is not that of the access key',
  ],
  ['another key', { access_key: 'wrong' }, 403, '(InvalidAccessKeyId): there is no such access key'],
  ['another region', { region: 'us-east-1' }, 403, '(AuthorizationHeaderMalformed): the region is another one'],
  ['a bucket that does not exist', { bucket: 'nowhere' }, 404, '(NoSuchBucket): there is no such bucket'],
])(
  'an export with %s is in its log, is tried again, and succeeds once it is mended',
  async (_, wrong, status, reason) => {
    const { make, run, runOf, stage, server } = opened;
    const made = await make({ ...wrong, prefix: 'wrong/' });
    const failed = await run(made);
    expect(failed).toMatchObject({ status: 'pending', attempts: 1, bytes: null });
    expect(failed.last_attempt).toMatchObject({
      http_status: status,
      error: `the bucket answered ${status} ${reason}`,
    });
    expect(failed.next_attempt_at).not.toBeNull();
    const { secret_access_key, access_key, region, bucket } = accessTo(server);
    await stage.get(notifications.updateScheduledExport, {
      ...{ export_id: made.export_id, secret_access_key, access_key, region, bucket },
    });
    await eventually('it is tried at once', async () => (await runOf(failed.run_id)).status === 'delivered');
  },
);

const refusing: readonly (readonly [string, BucketFault, number | null, RegExp])[] = [
  [
    '403',
    { status: 403, body: '<Error><Code>AccessDenied</Code></Error>' },
    403,
    /^the bucket answered 403 \(AccessDenied\): the key may not do this there$/,
  ],
  ['a 403 that is no XML', { status: 403, body: '<html>no' }, 403, /^the bucket answered 403$/],
  [
    '503 all the time',
    { status: 503, body: '<Error><Code>SlowDown</Code></Error>' },
    503,
    /503 \(SlowDown\): the bucket is overloaded$/,
  ],
  ['silence', 'silence', null, /^no answer within 1500 ms$/],
  ['a broken connection', 'hang up', null, /socket hang up|ECONNRESET|within 1500 ms/],
  ['1 MB', { status: 500, body: 'x'.repeat(1_000_000) }, null, /more than 65536 bytes|within 1500 ms/],
  [
    'entities that grow without end',
    { status: 400, body: `<!DOCTYPE x [<!ENTITY a "${'b'.repeat(1_000)}">]><Error><Code>&a;&a;</Code></Error>` },
    400,
    /^the bucket answered 400$/,
  ],
  [
    'a code that is a script',
    { status: 400, body: '<Error><Code>&lt;script&gt;alert(1)&lt;/script&gt;</Code></Error>' },
    400,
    /^the bucket answered 400$/,
  ],
];

test.each(refusing)(
  'a bucket that answers with %s fails that attempt alone, and is shown',
  async (_, fault, status, error) => {
    const { make, run, passed, runOf, server } = opened;
    server.behave(() => fault);
    const failed = await run(await make());
    expect(failed).toMatchObject({ status: 'pending', attempts: 1, last_attempt: { http_status: status } });
    expect(failed.last_attempt?.error).toMatch(error);
    server.behave(null);
    await passed({ minutes: 2 });
    expect(await runOf(failed.run_id)).toMatchObject({ status: 'delivered', attempts: 2 });
  },
);

test.each([
  ['no HTTP at all', 'hello\r\n\r\n'],
  ['a change of the protocol', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\nhello'],
  ['hints without an answer', 'HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n'.repeat(50)],
  ['a chunk without an end', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nFFFFFFFF\r\nx'],
])('garbage of a bucket, %s, is recorded and tried again', async (_, bytes) => {
  const { make, run } = opened;
  await using raw = await startRawServer(bytes);
  const failed = await run(await make({ endpoint_url: `http://127.0.0.1:${raw.port}` }));
  expect(failed).toMatchObject({ status: 'pending', attempts: 1, bytes: null });
  expect(failed.last_attempt?.error).toBeTruthy();
});

test('a redirect, be it to a private address or to another bucket, is shown and not followed', async () => {
  const { make, run, server } = opened;
  const { port } = inside.address() as AddressInfo;
  server.behave(() => ({
    ...{ status: 307, body: '' },
    headers: { location: `http://127.0.0.1:${port}/`, 'x-amz-bucket-region': 'eu-west-3' },
  }));
  const { last_attempt } = await run(await make());
  expect(last_attempt?.error).toBe('the bucket answered 307; redirects are not followed; the bucket is in eu-west-3');
  expect(reached).toBe(0);
});

test('an overloaded bucket gets the same request again in a moment', async () => {
  const { make, run, server } = opened;
  server.behave(({ count }) => (count === 1 ? { status: 503, body: '' } : null));
  expect(await run(await make())).toMatchObject({ status: 'delivered', attempts: 1 });
});

test.each([
  ['its first part', (count: number) => count === 2],
  ['its second part', (count: number) => count === 3],
  ['its end', (count: number) => count === 5],
])('an upload that breaks at %s leaves neither an object nor parts, and is made anew', async (place, isFailing) => {
  const { make, run, passed, runOf, server } = opened;
  datasets.chunksOf = large;
  server.behave(({ count, method }) => (isFailing(count) && method !== 'DELETE' ? { status: 400, body: '' } : null));
  const failed = await run(await make({ prefix: `${place.replaceAll(' ', '-')}/` }));
  expect(failed).toMatchObject({ status: 'pending', bytes: null });
  expect(server.unfinished()).toEqual([]);
  expect(server.objects('finops').map(({ key }) => key)).not.toContain(failed.object_key);
  server.behave(null);
  await passed({ minutes: 2 });
  expect(await runOf(failed.run_id)).toMatchObject({ status: 'delivered', bytes: 12_000_000 });
  expect(server.unfinished()).toEqual([]);
});

test.each([
  [
    'fails with 200',
    { status: 200, body: '<Error><Code>InternalError</Code></Error>' },
    /did not complete the upload \(InternalError\)/,
  ],
  ['is an empty answer', { status: 200, body: '' }, /did not confirm that the upload is complete/],
])('an upload whose end %s is not taken for delivered', async (_, fault, error) => {
  const { make, run, server } = opened;
  datasets.chunksOf = large;
  server.behave(({ method, query }) => (method === 'POST' && query.has('uploadId') ? fault : null));
  const failed = await run(await make());
  expect(failed).toMatchObject({ status: 'pending', bytes: null });
  expect(failed.last_attempt?.error).toMatch(error);
});

test('a server that is no bucket and answers 200 to everything is not taken for delivered', async () => {
  const { make, run, server } = opened;
  server.behave(() => ({ status: 200, body: '<html>Welcome</html>' }));
  const failed = await run(await make({ prefix: 'no-bucket/' }));
  expect(failed).toMatchObject({ status: 'pending', bytes: null });
  expect(failed.last_attempt?.error).toBe('the bucket took the object without a usable ETag');
});

test('a dataset that breaks off in the middle becomes no object', async () => {
  const { make, run, server } = opened;
  datasets.chunksOf = async function* chunks() {
    for (const chunk of large()) yield chunk.toString();
    await Promise.reject(new Error('the rows broke off'));
  };
  const failed = await run(await make({ prefix: 'broken/' }));
  expect(failed).toMatchObject({ status: 'pending', bytes: null, last_attempt: { http_status: null } });
  expect(server.unfinished()).toEqual([]);
  expect(server.objects('finops').map(({ key }) => key)).not.toContain(failed.object_key);
});

test('a run that fails for a day ends as failed, with its attempts in the log, and the next one goes on', async () => {
  const { make, run, passed, runOf, server } = opened;
  server.behave(() => ({ status: 403, body: '' }));
  const made = await make();
  const { run_id } = await run(made);
  for (let attempt = 2; attempt <= 9; attempt += 1) await passed({ minutes: 8 * 60 });
  const failed = await runOf(run_id);
  expect(failed).toMatchObject({ status: 'failed', attempts: 9, next_attempt_at: null });
  expect(failed.recent_attempts.map(({ number }) => number)).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1]);
  server.behave(null);
  expect(await run(made)).toMatchObject({ status: 'delivered', attempts: 1 });
});

test('buckets that are silent hold no other tenant up', async () => {
  const { make, stage, server, run } = opened;
  const slow = [];
  for (const name of ['one', 'two', 'three', 'four']) slow.push(await make({ bucket: `slow-${name}` }));
  const quick = await make({ prefix: 'quick/' }, tenant('globex'));
  server.behave(({ bucket }) => (bucket.startsWith('slow-') ? 'silence' : null));
  for (const { export_id } of slow) await stage.get(notifications.runScheduledExport, { export_id, period: '2026-03' });
  await eventually('a slow one is being tried', () => server.requests.length > 0);
  expect(await run(quick)).toMatchObject({ status: 'delivered' });
  // Only one of the slow ones, which belong to one tenant, is tried at a time.
  expect(server.requests.filter(({ bucket }) => bucket.startsWith('slow-'))).toHaveLength(1);
});

test.each(['export.claimed', 'export.sent', 'export.recorded'])(
  'after a crash at %s a month is exported all the same, and no parts are left',
  async (point) => {
    const { make, stage, passed, server } = opened;
    datasets.chunksOf = large;
    const made = await make({ prefix: `${point}/` });
    armFailpoints(`${point}=throw`);
    const { export_id } = made;
    await stage.get(notifications.runScheduledExport, { export_id, period: '2026-03' });
    await stage.running.settled();
    armFailpoints('');
    await passed({ minutes: 3 });
    await passed({ minutes: 3 });
    const { last_run } = await stage.get(notifications.getScheduledExport, { export_id });
    expect(last_run).toMatchObject({ status: 'delivered', bytes: 12_000_000 });
    expect(server.unfinished()).toEqual([]);
  },
);

test('an export that is deleted while it is uploaded ends, and its parts are aborted', async () => {
  const { make, stage, server } = opened;
  const begun = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  datasets.chunksOf = async function* chunks() {
    yield 'x'.repeat(6_000_000);
    await goOn.promise;
    yield 'x'.repeat(6_000_000);
  };
  const { export_id } = await make({ prefix: 'deleted/' });
  server.behave(({ method, query }) => {
    if (method === 'PUT' && query.get('partNumber') === '1') begun.resolve();
    return null;
  });
  await stage.get(notifications.runScheduledExport, { export_id, period: '2026-03' });
  await begun.promise;
  await stage.get(notifications.deleteScheduledExport, { export_id });
  goOn.resolve();
  await stage.running.settled();
  expect(await stage.request(notifications.getScheduledExport, { export_id })).toMatchObject({ refused: 'not-found' });
  expect(await stage.rows('SELECT 1 FROM export_runs')).toEqual([]);
});
