import { fakeClock, throwawayDatabase, throwawayNats } from '@arcadia/testkit';
import pg from 'pg';
import { expect, test } from 'vitest';

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

test('the role of a service can use its own schema and no other', async () => {
  await using db = await throwawayDatabase({ services: ['metering', 'drift'] });
  await query(db.url, 'create table records (n int)');
  expect(await query(db.url, 'select current_schema() as schema')).toEqual([{ schema: 'metering' }]);
  await expect(query(db.urlOf('drift'), 'select * from metering.records')).rejects.toThrow(/permission denied/);
  await expect(query(db.url, 'create table public.stray (n int)')).rejects.toThrow(/permission denied/);
});

test('a connection left open at the end of the scope fails the test', async () => {
  const db = await throwawayDatabase({ service: 'inventory-sync' });
  expect(db.schema).toBe('inventory');
  const client = new pg.Client({ connectionString: db.url, application_name: 'forgetful' });
  client.on('error', () => {});
  await client.connect();
  await client.query('select 1');
  await expect(db[Symbol.asyncDispose]()).rejects.toThrow(/1 connections .* left open.*forgetful: select 1/);
  await client.end().catch(() => {});
});

test('a fake clock stands still until it is moved', () => {
  const clock = fakeClock('2026-04-01T00:00:00Z');
  expect(clock.now().toString()).toBe('2026-04-01T00:00:00Z');
  expect(clock.advance({ days: 1, hours: 2 }).toString()).toBe('2026-04-02T02:00:00Z');
});

test('each throwawayNats is a server of its own', async () => {
  await using first = await throwawayNats();
  await using second = await throwawayNats();
  expect(first.url).not.toBe(second.url);
});
