import pg from 'pg';
import { accountBudget } from './account-budget.ts';

export type ServiceRole = { role: string; schema: string; password: string };

/**
 * Creates the database and, for each service, a role that owns its schema and can use nothing else but, if it calls the provider, the
 * request budget that those services share. Idempotent, and safe when several processes do it at once.
 * @param adminUrl a superuser's URL on the server; its own database is not changed
 * @returns the URL for each role, in the order given
 */
export async function ensureServiceRoles(
  adminUrl: string,
  roles: readonly ServiceRole[],
  database: string,
): Promise<string[]> {
  await withClient(adminUrl, async (admin) => {
    // One at a time over the whole server: roles and databases are not part of any one database's transactions.
    await admin.query(`select pg_advisory_lock(hashtext('arcadia.service-roles'))`);
    const existing = await admin.query('select 1 from pg_database where datname = $1', [database]);
    // Copying the template's files costs half of what logging them does.
    if (existing.rowCount === 0) await admin.query(`create database ${name(database)} strategy file_copy`);
    await admin.query(`revoke all on database ${name(database)} from public`);
    for (const role of roles) await ensureRole(admin, role, database);
    await withClient(addressOf(adminUrl, { database }), async (inside) => {
      await inside.query('revoke all on schema public from public');
      for (const { role, schema } of roles) {
        await inside.query(`create schema if not exists ${name(schema)} authorization ${name(role)}`);
      }
      const quoted = roles.map(({ role, schema }) => ({ role: name(role), schema }));
      for (const statement of accountBudget(quoted)) await inside.query(statement);
    });
  });
  return roles.map(({ role, password }) => addressOf(adminUrl, { database, user: role, password }));
}

async function ensureRole(admin: pg.Client, { role, schema, password }: ServiceRole, database: string): Promise<void> {
  const existing = await admin.query('select 1 from pg_roles where rolname = $1', [role]);
  if (existing.rowCount === 0) await admin.query(`create role ${name(role)}`);
  const rights = 'login nosuperuser nocreatedb nocreaterole noreplication nobypassrls';
  await admin.query(`alter role ${name(role)} with ${rights} password ${pg.escapeLiteral(password)}`);
  await admin.query(`grant connect, temporary on database ${name(database)} to ${name(role)}`);
  await admin.query(`alter role ${name(role)} in database ${name(database)} set search_path = ${name(schema)}`);
}

/** The URL for the same server with another database or login. */
export function addressOf(url: string, change: { database?: string; user?: string; password?: string }): string {
  const address = new URL(url);
  if (change.database !== undefined) address.pathname = `/${encodeURIComponent(change.database)}`;
  if (change.user !== undefined) address.username = encodeURIComponent(change.user);
  if (change.password !== undefined) address.password = encodeURIComponent(change.password);
  return address.href;
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function name(identifier: string): string {
  return pg.escapeIdentifier(identifier);
}
