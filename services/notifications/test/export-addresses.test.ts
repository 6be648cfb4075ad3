import { notifications } from '@arcadia/contracts';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { accessTo, type ExportStage, openExportStage } from './export-stage.ts';
import { startNameServer } from './name-server.ts';
import { startRawServer } from './receiver.ts';
import { operator, tenant } from './stage.ts';

const names = new Map<string, (query: number) => readonly string[] | 'silent'>();
let nameServer: Awaited<ReturnType<typeof startNameServer>>;
let opened: ExportStage;

beforeAll(async () => {
  nameServer = await startNameServer((name, query) => names.get(name)?.(query) ?? []);
  opened = await openExportStage({ WEBHOOK_DNS: nameServer.address });
});
afterEach(() => opened.reset());
afterAll(async () => {
  await opened?.[Symbol.asyncDispose]();
  await nameServer?.[Symbol.asyncDispose]();
});

test.each([
  'http://buckets.example',
  'https://ada:secret@buckets.example',
  'https://10.0.0.1',
  'https://169.254.169.254',
  'https://[::ffff:10.0.0.1]',
  'https://minio.internal',
  'https://buckets.example/?list-type=2',
  'https://buckets.example/#x',
])('the URL %s is refused when an export is made, and when it is changed', async (endpoint_url) => {
  const { stage, server, make } = opened;
  const input = { ...accessTo(server), endpoint_url };
  for (const actor of [tenant('acme'), operator])
    expect(await stage.request(notifications.createScheduledExport, input, actor)).toMatchObject({
      refused: 'url-not-allowed',
    });
  const { export_id } = await make();
  expect(await stage.request(notifications.updateScheduledExport, { export_id, endpoint_url })).toMatchObject({
    refused: 'url-not-allowed',
  });
});

test.each(['../', 'a/../b/', './', 'a', '/a/', 'a//', 'ä/', 'a b/', 'a?/', 'a%2f/', '~/'])(
  'the prefix "%s" is refused',
  async (prefix) => {
    const { stage, server } = opened;
    const input = { ...accessTo(server), prefix };
    await expect(stage.request(notifications.createScheduledExport, input, operator)).rejects.toThrow('prefix');
  },
);

test('a name that resolves to a private address is not connected to, and is checked again for each connection', async () => {
  const { make, run, passed, runOf } = opened;
  names.set('inside.example', () => ['198.41.0.4', '10.1.2.3']);
  const private1 = await run(await make({ endpoint_url: 'https://inside.example' }));
  expect(private1.last_attempt?.error).toBe('inside.example resolves to 10.1.2.3, which is not public');

  // Loopback is allowed in this stage, so the first address is reached and the second is refused.
  await using raw = await startRawServer('no TLS');
  names.set('rebind.example', (query) => (query <= 1 ? ['127.0.0.1'] : ['169.254.169.254']));
  const rebound = await run(await make({ endpoint_url: `https://rebind.example:${raw.port}` }));
  expect(rebound.last_attempt?.error).toMatch(/not public|TLS|SSL|EPROTO/i);
  await passed({ minutes: 2 });
  expect((await runOf(rebound.run_id)).last_attempt?.error).toBe(
    'rebind.example resolves to 169.254.169.254, which is not public',
  );
});

test('the networks of the operator are for the operator’s exports alone', async () => {
  await using own = await openExportStage({ WEBHOOK_LOOPBACK: 'off', EXPORT_NETWORKS: '127.0.0.0/8, fd00::/8' });
  const { make, run, stage, server } = own;
  expect(await run(await make({}, operator))).toMatchObject({ status: 'delivered' });
  const input = accessTo(server);
  expect(await stage.request(notifications.createScheduledExport, input, tenant('acme'))).toMatchObject({
    refused: 'url-not-allowed',
  });
  const forTenant = { ...input, tenant_id: 'acme' };
  expect(await stage.request(notifications.createScheduledExport, forTenant, operator)).toMatchObject({
    refused: 'url-not-allowed',
  });
  const elsewhere = { ...input, endpoint_url: 'http://10.0.0.1' };
  expect(await stage.request(notifications.createScheduledExport, elsewhere, operator)).toMatchObject({
    refused: 'url-not-allowed',
  });
});

test('a tenant sees, changes and runs its own exports only', async () => {
  const { make, stage, run } = opened;
  const { export_id } = await make();
  const { run_id } = await run({ export_id });
  const other = tenant('globex');
  for (const contract of [
    notifications.getScheduledExport,
    notifications.updateScheduledExport,
    notifications.deleteScheduledExport,
    notifications.listExportRuns,
  ])
    expect(await stage.request(contract, { export_id }, other)).toMatchObject({ refused: 'not-found' });
  expect(await stage.request(notifications.runScheduledExport, { export_id, period: '2026-03' }, other)).toMatchObject({
    refused: 'not-found',
  });
  expect(await stage.request(notifications.getExportRun, { run_id }, other)).toMatchObject({ refused: 'not-found' });
  expect(await stage.get(notifications.listScheduledExports, { tenant_id: 'acme' }, other)).toMatchObject({
    items: [],
  });
});
