import { randomBytes } from 'node:crypto';
import { addressOf, ensureServiceRoles } from '@arcadia/local-infrastructure';
import pg from 'pg';
import { sharedPostgresUrl } from './shared-postgres.ts';

export type ThrowawayDatabase = AsyncDisposable & {
  /** The URL for the service's own role, as in its DATABASE_URL. */
  readonly url: string;
  /** The URL for the superuser in this database. */
  readonly adminUrl: string;
  readonly name: string;
  readonly schema: string;
  readonly role: string;
  /** The URL for the role of one of several services. */
  urlOf(service: string): string;
  /**
   * Copies the database. `setBack` puts the copy in its place, as after restoring a backup or a failover that lost the last
   * seconds. Both close all connections, which services open again.
   */
  snapshot(): Promise<{ setBack(): Promise<void> }>;
};

type Options = { service: string; schema?: string } | { services: readonly string[] };

/**
 * Creates an empty database with the role and schema of one service or of several; it is dropped at the end of the scope.
 * @throws at the end of the scope when a connection is still open: that is a leak in the code under test
 */
export async function throwawayDatabase(options: Options): Promise<ThrowawayDatabase> {
  const sharedUrl = await sharedPostgresUrl();
  const suffix = randomBytes(4).toString('hex');
  const services = 'services' in options ? options.services : [options.service];
  const roles = services.map((service) => {
    const schema = ('schema' in options && options.schema) || schemaOf(service);
    return { role: `${schema}_${suffix}`, schema, password: suffix };
  });
  const first = roles[0];
  if (!first) throw new Error('throwawayDatabase needs at least one service.');
  const name = `test_${first.schema}_${suffix}`;
  const urls = await ensureServiceRoles(sharedUrl, roles, name);
  const copies: string[] = [];
  return {
    url: urls[0] ?? '',
    adminUrl: addressOf(sharedUrl, { database: name }),
    name,
    schema: first.schema,
    role: first.role,
    urlOf: (service) => {
      const url = urls[services.indexOf(service)];
      if (!url) throw new Error(`The throwaway database has no role for ${service}; list it in \`services\`.`);
      return url;
    },
    async snapshot() {
      const copy = `${name}_copy_${randomBytes(2).toString('hex')}`;
      copies.push(copy);
      await copyDatabase(sharedUrl, { from: name, to: copy });
      return {
        async setBack() {
          await asAdmin(sharedUrl, (admin) => admin.query(`drop database ${pg.escapeIdentifier(name)} with (force)`));
          await copyDatabase(sharedUrl, { from: copy, to: name });
          // The rights on the database itself are not copied.
          await ensureServiceRoles(sharedUrl, roles, name);
        },
      };
    },
    [Symbol.asyncDispose]: () => drop({ sharedUrl, name, copies, roles: roles.map(({ role }) => role) }),
  };
}

/** A service's schema is its name's first word, as in docs/architecture.md: inventory-sync → inventory. */
function schemaOf(service: string): string {
  return service.split('-')[0] ?? service;
}

async function asAdmin<T>(sharedUrl: string, work: (admin: pg.Client) => Promise<T>): Promise<T> {
  const admin = new pg.Client({ connectionString: sharedUrl });
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.end();
  }
}

/** A database can only be copied while no connection to it is open. */
async function copyDatabase(sharedUrl: string, { from, to }: { from: string; to: string }): Promise<void> {
  const [source, target] = [pg.escapeIdentifier(from), pg.escapeIdentifier(to)];
  await asAdmin(sharedUrl, async (admin) => {
    await admin.query(`alter database ${source} allow_connections false`);
    await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [from]);
    await admin.query(`create database ${target} template ${source}`);
    await admin.query(`alter database ${source} allow_connections true`);
  });
}

async function drop(options: {
  sharedUrl: string;
  name: string;
  copies: readonly string[];
  roles: readonly string[];
}): Promise<void> {
  const { name, copies, roles } = options;
  await asAdmin(options.sharedUrl, async (admin) => {
    const leaks = await leakedConnections(admin, name);
    for (const each of [name, ...copies]) {
      await admin.query(`drop database if exists ${pg.escapeIdentifier(each)} with (force)`);
    }
    for (const role of roles) await admin.query(`drop role ${pg.escapeIdentifier(role)}`);
    if (leaks.length > 0) {
      throw new Error(
        `${leaks.length} connections to ${name} were left open. Their last queries: ${leaks.join(' | ')}`,
      );
    }
  });
}

/** The queries of connections still open after a second; the server needs a moment to notice a closed connection. */
async function leakedConnections(admin: pg.Client, database: string): Promise<string[]> {
  for (const deadline = Date.now() + 1_000; ; ) {
    const open = await admin.query<{ query: string }>(
      `select coalesce(nullif(application_name, '') || ': ', '') || left(query, 120) as query
       from pg_stat_activity where datname = $1 and backend_type = 'client backend'`,
      [database],
    );
    if (open.rows.length === 0 || Date.now() > deadline) return open.rows.map(({ query }) => query);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
