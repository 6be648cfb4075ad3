import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseWorld, startSimulator } from '@arcadia/digitalocean-simulator';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { start } from './src/start-command.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'arcadia-account-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const acme = '3d5b9c1e-7f42-4c1a-9e0b-5a6d8c2f1a10';
const created_at = '2026-01-10T00:00:00Z';
const world = {
  name: 'account',
  period: '2026-01',
  provider: {
    token: 'dop_v1_account',
    balance: { month_to_date_usage: '61.20' },
    projects: [{ id: acme, name: 'acme', created_at, resources: [{ urn: 'do:microdroplet:m-1' }] }],
    droplets: [
      { id: 1, name: 'web', project: 'acme', backups: { plan: 'weekly' }, created_at },
      { id: 2, name: 'forgotten', created_at },
    ],
    backups: [{ droplet: 'web', size_gigabytes: '2.5', created_at }],
    databases: [{ name: 'main', project: 'acme', replicas: [{ name: 'main-replica' }], created_at }],
    invoices: [{ period: '2026-01', items: [{ product: 'Droplets', amount: '6.00', resource: '1' }] }],
  },
};

test('a token in a file starts on its account, and the first start shows the bill, unowned resources and what is never listed', async () => {
  await using simulator = await startSimulator({
    world: parseWorld(JSON.stringify(world), 'account.json'),
    clock: () => Temporal.Now.instant(),
  });
  const file = path.join(home, 'token');
  writeFileSync(file, 'dop_v1_account\n');
  const variables = { DIGITALOCEAN_API_URL: simulator.url, DIGITALOCEAN_TOKEN_FILE: file };
  const { stdout } = await start(path.join(home, 'home'), ['--exit', '--json', '--port', '0'], variables);
  const report = JSON.parse(stdout) as Record<string, unknown>;
  expect(report).toMatchObject({
    resources: [
      { kind: 'droplet', count: 2, unowned: 2 },
      { kind: 'droplet_backup', count: 1, unowned: 1 },
      { kind: 'managed_db', count: 2, unowned: 2 },
      { kind: 'unknown', count: 1, unowned: 1 },
    ],
    unfinished: [],
    unknown_types: [{ type: 'microdroplet', count: 1 }],
    balance: { month_to_date_usage: '61.2', currency: 'USD' },
    invoices: 1,
  });
  expect(report['unowned']).toContainEqual({ kind: 'droplet', name: 'forgotten', project: 'Default' });
  expect(report['not_listed']).toContain('functions');
  expect(simulator.requests.every(({ method }) => method === 'GET')).toBe(true);
});
