import path from 'node:path';
import { inventorySync } from '@arcadia/contracts';
import {
  publishedEvents,
  readRows,
  restoreOlder,
  startTestService,
  throwawayDatabase,
  throwawayNats,
} from '@arcadia/testkit';
import { expect, test } from 'vitest';
import { service } from '../src/index.ts';

const folder = path.join(import.meta.dirname, 'older-databases');

/** Its commit knew no events of tenants. */
test.each(['2026-11-29-b7a38e6.json.gz'])(
  'inventory-sync: the tenants of projects in the database %s of an older commit are published once, for invoicing to create',
  async (file) => {
    await using database = await throwawayDatabase({ service: 'inventory-sync' });
    await using nats = await throwawayNats();
    await restoreOlder(service, database, path.join(folder, file));
    await readRows(
      { url: database.adminUrl },
      `UPDATE inventory.cloud_projects SET tenant_id = 'project owner'
       WHERE project_id = (SELECT project_id FROM inventory.cloud_projects LIMIT 1)`,
    );
    for (let start = 0; start < 2; start += 1) {
      await using _running = await startTestService(service, { database, nats });
      const published = (await publishedEvents(database, inventorySync.tenantFound)).map(({ data }) => data.tenant_id);
      expect(published).toContain('project owner');
      expect(new Set(published).size).toBe(published.length);
    }
  },
);
