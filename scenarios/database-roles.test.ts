import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { throwawayPostgres } from '@arcadia/testkit';
import pg from 'pg';
import { expect, test } from 'vitest';
import { newSecrets } from './src/new-secrets.ts';

const file = path.resolve(import.meta.dirname, '../deploy/database-roles.sql');
const hasPsql = spawnSync('psql', ['--version']).status === 0;

const run = (url: string, env: Record<string, string>) =>
  spawnSync('psql', ['--no-psqlrc', '--dbname', url, '--file', file], {
    env: { ...process.env, ...env },
    encoding: 'utf8',
  });

/** The schema and the search path of a role that signs in with a password; the error's text when it cannot. */
async function signIn(url: string, user: string, password: string): Promise<string> {
  const address = new URL(url);
  Object.assign(address, { username: user, password });
  const client = new pg.Client({ connectionString: address.href });
  try {
    await client.connect();
    const { rows } = await client.query<{ schema: string }>('SELECT current_schema() AS schema');
    return rows[0]?.schema ?? '';
  } catch (error) {
    return (error as Error).message;
  } finally {
    await client.end().catch(() => undefined);
  }
}

test.skipIf(!hasPsql)(
  'the statements for the database roles may run again: they change passwords, add roles that are missing and lose nothing (needs psql)',
  async () => {
    await using postgres = await throwawayPostgres();
    const admin = new pg.Client({ connectionString: postgres.url });
    await admin.connect();
    await admin.query('CREATE DATABASE arcadia');
    await admin.end();
    const address = new URL(postgres.url);
    address.pathname = '/arcadia';
    const url = address.href;

    const before = newSecrets();
    expect(run(url, before)).toMatchObject({ status: 0 });
    expect(await signIn(url, 'metering', before['METERING_PASSWORD'] ?? '')).toBe('metering');

    const inside = new pg.Client({ connectionString: url });
    await inside.connect();
    await inside.query('CREATE TABLE metering.kept AS SELECT 1 AS one');
    await inside.query(
      'DROP SCHEMA notifications; REVOKE ALL ON DATABASE arcadia FROM notifications; DROP ROLE notifications',
    );
    const after = newSecrets();
    expect(run(url, after)).toMatchObject({ status: 0 });
    expect((await inside.query('SELECT one FROM metering.kept')).rows).toEqual([{ one: 1 }]);
    await inside.end();

    expect(await signIn(url, 'metering', before['METERING_PASSWORD'] ?? '')).toMatch(/password authentication failed/);
    expect(await signIn(url, 'metering', after['METERING_PASSWORD'] ?? '')).toBe('metering');
    expect(await signIn(url, 'notifications', after['NOTIFICATIONS_PASSWORD'] ?? '')).toBe('notifications');
  },
);
