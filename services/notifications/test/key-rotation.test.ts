import { randomUUID } from 'node:crypto';
import { notifications } from '@arcadia/contracts';
import { askService, fakeClock, readRows, startTestService, throwawayDatabase, throwawayNats } from '@arcadia/testkit';
import { expect, test } from 'vitest';
import { service } from '../src/index.ts';
import { open, seal } from '../src/notifications/sealing.ts';
import { sealedTables } from '../src/store/sealed-texts.ts';
import { operator, start } from './stage.ts';

const [former, present, lost] = ['former', 'present', 'lost'].map(
  (name) => `the ${name} key of more than 32 characters`,
);

test('after a start with a new key before the old one, the old one opens nothing any more and is not needed', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ service: 'notifications' });
  const clock = fakeClock(start);
  const startWith = (...keys: (string | undefined)[]) =>
    startTestService(service, { database, nats, clock, env: { NOTIFICATIONS_KEY: keys.join(',') } });
  const sealed = async (): Promise<string[]> =>
    (
      await readRows<{ sealed: string }>(database, 'SELECT sealed FROM webhook_secrets ORDER BY created_at, secret_id')
    ).map((row) => row.sealed);
  const sealedOfExport = () => readRows<{ sealed: string }>(database, 'SELECT sealed FROM scheduled_exports');
  const opened = (texts: readonly string[], key = ''): string[] => texts.map((text) => open(text, [key]));

  let before: string[];
  {
    await using _ = await startWith(former);
    for (let number = 0; number < 3; number += 1) {
      const url = `https://example.com/${number}`;
      const given = { url, event_types: ['invoice.paid' as const] };
      await askService(nats, notifications.createWebhookEndpoint, given, { actor: operator });
    }
    before = opened(await sealed(), former);
    const bucket = {
      ...{ dataset: 'charges' as const, format: 'csv' as const, schedule: '0 3 * * *' },
      ...{ endpoint_url: 'https://s3.example.com', region: 'x', bucket: 'costs', prefix: '' },
      ...{ access_key: 'id', secret_access_key: 'the-key-of-the-bucket' },
    };
    await askService(nats, notifications.createScheduledExport, bucket, { actor: operator });
  }
  // A secret that no key of the settings opens is left as it is.
  const unknown = seal('whsec_x', [lost ?? '']);
  await readRows(
    database,
    `INSERT INTO webhook_secrets (secret_id, endpoint_id, sealed, created_at)
     SELECT '${randomUUID()}', endpoint_id, '${unknown}', created_at + interval '1 day' FROM webhook_secrets LIMIT 1`,
  );
  {
    // Two replicas start at once.
    await using _ = await startWith(present, former);
    await using __ = await startWith(present, former);
  }
  const after = await sealed();
  expect(opened(after.slice(0, -1), present)).toEqual(before);
  expect(after.at(-1)).toBe(unknown);
  const [ofExport] = await sealedOfExport();
  expect(opened([ofExport?.sealed ?? ''], present)).toEqual(['the-key-of-the-bucket']);
  const tables = await readRows<{ name: string }>(
    database,
    "SELECT table_name AS name FROM information_schema.columns WHERE column_name = 'sealed' ORDER BY 1",
  );
  expect(tables.map(({ name }) => name)).toEqual(sealedTables.map(({ table }) => table).toSorted());
});
