import { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Kysely, type LogEvent, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { SessionClient } from './session-client.ts';

/** The Postgres OIDs of types that are read as text: money, quantities and times never become JS numbers or Dates. */
const oid = { int8: 20, date: 1082, timestamp: 1114, timestamptz: 1184, numeric: 1700 };
const arrayOid = { int8: 1016, date: 1182, timestamp: 1115, timestamptz: 1185, numeric: 1231 };

/** `2026-04-01 00:00:00.5+00` → `2026-04-01T00:00:00.5Z`; sessions run in UTC, so no other offset occurs. */
export function instantText(text: string): string {
  return text.endsWith('+00') ? `${text.slice(0, 10)}T${text.slice(11, -3)}Z` : text;
}

const arrayOfText = pg.types.getTypeParser(1009 as never) as (text: string) => (string | null)[];
const asIs = (text: string): string => text;

const ownParsers = new Map<number, (text: string) => unknown>([
  [oid.int8, asIs],
  [oid.date, asIs],
  [oid.timestamp, asIs],
  [oid.numeric, asIs],
  [oid.timestamptz, instantText],
  [arrayOid.int8, arrayOfText],
  [arrayOid.date, arrayOfText],
  [arrayOid.timestamp, arrayOfText],
  [arrayOid.numeric, arrayOfText],
  [arrayOid.timestamptz, (text) => arrayOfText(text).map((item) => (item === null ? null : instantText(item)))],
]);

const typeParsers = {
  getTypeParser(id: number, format?: 'text' | 'binary') {
    const own = format === 'binary' ? undefined : ownParsers.get(id);
    return own ?? pg.types.getTypeParser(id as never, format as never);
  },
};

export type PostgresOptions = {
  url: string;
  schema: string;
  applicationName: string;
  connections?: number;
  /** True: a statement may take as long as it needs, as a migration of a large table does. */
  isUnlimited?: boolean;
};

/**
 * The server probes a client that is silent for 5 seconds and drops it 8 seconds later, so that the locks of a host that vanished
 * are free after 13 seconds instead of two hours.
 */
const vanishedClient = '-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=4';

/** A statement that takes longer, or a reply that never comes, is an error of the infrastructure. */
const longestStatementMs = 15 * 60_000;

/**
 * Settings of every session: the service's own schema, UTC, ISO dates, and limits: 5 minutes for an idle transaction, 15 for a
 * statement, and 10 seconds more until its client gives the connection up. A migration's statements have no limit.
 */
export function sessionConfig(options: PostgresOptions): pg.ClientConfig {
  const limitMs = options.isUnlimited === true ? 0 : longestStatementMs;
  return {
    connectionString: options.url,
    application_name: options.applicationName,
    types: typeParsers as pg.CustomTypesConfig,
    options: `-c search_path=${options.schema} -c TimeZone=UTC -c DateStyle=ISO -c idle_in_transaction_session_timeout=300000 -c statement_timeout=${limitMs} ${vanishedClient}`,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 5_000,
    ...(limitMs === 0 ? {} : { query_timeout: limitMs + 10_000 }),
  };
}

/**
 * A column of values for `ROWS FROM`, beside `unnest`, sent as one text with a line for each value: faster than an array, which
 * is escaped item by item here and parsed again by Postgres. For values such as JSON text, which are never empty and contain no
 * line break. Cast the column where it is used.
 * @throws TypeError for an empty value or one with a line break, which would shift the rows
 */
export const textLines = (values: readonly (string | number | null)[]) => {
  if (values.some((value) => value === '' || (typeof value === 'string' && value.includes('\n'))))
    throw new TypeError('each value must be one non-empty line');
  return sql<string>`string_to_table(${values.join('\n')}, E'\\n', '')`;
};

/** Opens a connection pool (10 connections by default); `onError` gets the errors of idle connections. */
export function createPool(options: PostgresOptions, onError: (error: Error) => void): pg.Pool {
  const sockets = new Set<Socket>();
  const stream = (): Socket => {
    const socket = new Socket();
    sockets.add(socket);
    return socket.once('close', () => sockets.delete(socket));
  };
  const pool = new pg.Pool({
    ...sessionConfig(options),
    stream,
    Client: SessionClient,
    pipeline: true,
    max: options.connections ?? 10,
    idleTimeoutMillis: 30_000,
  });
  // An idle connection that breaks (a restart of Postgres) is replaced by the pool; without a listener the error would end the process.
  pool.on('error', onError);
  pool.on('connect', (client) => client.on('error', onError));
  socketsOf.set(pool, sockets);
  return pool;
}

const socketsOf = new WeakMap<pg.Pool, ReadonlySet<Socket>>();

/**
 * Closes the connections of a pool whose server does not answer within `limitMs`: the statements that wait for a reply fail at once,
 * so that a service whose connections are dead can stop.
 */
export async function closeDeadConnections(pool: pg.Pool, limitMs = 2_000): Promise<void> {
  const sockets = socketsOf.get(pool) ?? new Set<Socket>();
  if (sockets.size === 0 || (await isAnswering(pool.options, limitMs))) return;
  for (const socket of sockets) socket.destroy();
}

/** Whether the server answers a new connection, be it by a refusal. The pool's own connections may all be at work. */
async function isAnswering(options: pg.ClientConfig, limitMs: number): Promise<boolean> {
  const socket = new Socket();
  const client = new pg.Client({ ...options, stream: () => socket });
  client.on('error', () => undefined);
  const answered = client.connect().then(
    () => true,
    (error: unknown) => error instanceof pg.DatabaseError,
  );
  try {
    return await Promise.race([answered, delay(limitMs, false, { ref: false })]);
  } finally {
    socket.destroy();
  }
}

/** A typed query builder over a pool. `onQuery` gets the end of each statement. */
export function createDatabase<DB>(pool: pg.Pool, onQuery?: (event: LogEvent) => void): Kysely<DB> {
  return new Kysely<DB>({ dialect: new PostgresDialect({ pool }), ...(onQuery === undefined ? {} : { log: onQuery }) });
}
