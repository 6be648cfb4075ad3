import { readdirSync } from 'node:fs';
import path from 'node:path';
import { invoicing, isRefusal } from '@arcadia/contracts';
import {
  askService,
  publishedEvents,
  readRows,
  restoreOlder,
  startTestService,
  throwawayDatabase,
  throwawayNats,
} from '@arcadia/testkit';
import { expect, test } from 'vitest';
import { service } from '../src/index.ts';
import { operator } from './stage.ts';

const folder = path.join(import.meta.dirname, 'older-databases');

/** Every tenant in any column `tenant_id` of the schema, without those of the records of the platform. */
const tenantsIn = async (url: string): Promise<string[]> => {
  const tables = await readRows<{ name: string }>(
    { url },
    `SELECT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
     WHERE c.relnamespace = 'invoicing'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
       AND a.attname = 'tenant_id' AND c.relname NOT IN ('audit', 'tenants') ORDER BY 1`,
  );
  const union = tables.map(({ name }) => `SELECT tenant_id FROM invoicing.${name}`).join(' UNION ');
  const rows = await readRows<{ tenant_id: string }>({ url }, `${union} ORDER BY 1`);
  return rows.map(({ tenant_id }) => tenant_id).filter((id) => id !== null);
};

test.each(readdirSync(folder))(
  'invoicing: every tenant in the database %s of an older commit exists, and is published once',
  async (file) => {
    await using database = await throwawayDatabase({ service: 'invoicing' });
    await using nats = await throwawayNats();
    await restoreOlder(service, database, path.join(folder, file));
    const before = await tenantsIn(database.adminUrl);
    expect(before.length).toBeGreaterThan(0);
    for (let start = 0; start < 2; start += 1) {
      await using _running = await startTestService(service, { database, nats });
      for (const tenant_id of before)
        expect(isRefusal(await askService(nats, invoicing.getTenant, { tenant_id }, { actor: operator }))).toBe(false);
      const published = await publishedEvents(database, invoicing.tenantCreated);
      expect(published.map(({ data }) => data.tenant_id).toSorted()).toEqual(before.toSorted());
    }
  },
);
