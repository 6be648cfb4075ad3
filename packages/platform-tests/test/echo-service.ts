import { defineEvent, defineRequest, isRefusal, refuse } from '@arcadia/contracts';
import {
  cutPage,
  forService,
  NotDueYet,
  pageInput,
  pageOutput,
  readCursor,
  type ServiceContext,
  type Tx,
} from '@arcadia/platform';
import { sql } from 'kysely';
import { z } from 'zod';

/**
 * Two small services that use every part of the platform: `shop` (as metering) publishes orders, `till` (as invoicing) consumes
 * them and publishes bills. They have the names of real services because streams, roles and schemas belong to those.
 */
export const orderPlaced = defineEvent({
  type: 'usage.reported',
  version: 1,
  stream: 'METERING',
  summary: 'An order, with a revision.',
  data: z.object({
    order: z.string(),
    revision: z.int(),
    amount: z.int(),
    lines: z.array(z.string()).default([]),
  }),
  subject: (d) => `usage.reported.${d.order}`,
  key: (d) => `${d.order}:${d.revision}`,
  parts: [{ array: 'lines' }],
});

export const billWritten = defineEvent({
  type: 'invoice.issued',
  version: 1,
  stream: 'INVOICING',
  summary: 'A bill for an order.',
  data: z.object({ order: z.string(), revision: z.int(), amount: z.int() }),
  subject: (d) => `invoice.issued.${d.order}`,
  key: (d) => `${d.order}:${d.revision}`,
});

export const placeOrder = defineRequest({
  name: 'order.place',
  service: 'metering',
  summary: 'Place an order.',
  effect: 'command',
  roles: ['tenant', 'platform_admin'],
  input: z.object({ order: z.string(), amount: z.int(), lines: z.array(z.string()).optional() }),
  output: z.object({ revision: z.int(), echo: z.string().optional() }),
  refusals: ['too-much'],
});

export const readOrder = defineRequest({
  name: 'order.read',
  service: 'metering',
  summary: 'Read an order.',
  effect: 'read',
  roles: ['tenant', 'platform_admin'],
  input: z.object({ order: z.string() }),
  output: z.object({ revision: z.int(), amount: z.int() }),
  refusals: ['not-found'],
});

export const listOrders = defineRequest({
  name: 'order.list',
  service: 'metering',
  summary: 'List orders, each with a text of a length.',
  effect: 'read',
  roles: ['tenant', 'platform_admin'],
  input: pageInput.extend({ length: z.int() }),
  output: pageOutput(z.object({ name: z.string(), text: z.string() })),
  refusals: ['invalid-cursor'],
});

export type ShopTables = {
  orders: { name: string; revision: number; amount: number };
  /** Kept by no event: rows return as captured. The content is JSON's null when there is none. */
  notes: { name: string; content: string };
};

const shopMakers = forService<ShopTables, { greeting: string }>();
const tillMakers = forService<TillTables, null>();

export const nightly = shopMakers.job({
  name: 'nightly',
  input: z.object({ day: z.string() }),
  key: (input) => input.day,
  schedule: { cron: '10 1 * * *', input: (at) => ({ day: at.toString().slice(0, 10) }), catchUp: 'all' },
  async run({ input, scheduledAt }, ctx) {
    await sql`INSERT INTO ran (job, day, scheduled_at) VALUES ('nightly', ${input.day}, ${scheduledAt?.toString() ?? null})`.execute(
      ctx.db,
    );
  },
});

export const ship = shopMakers.job({
  name: 'ship',
  input: z.object({ order: z.string() }),
  key: (input) => input.order,
  retryDelayMs: () => 20,
  maxAttempts: 3,
  leaseMs: 2_000,
  async run({ input, attempt, signal }, ctx) {
    await sql`INSERT INTO ran (job, day, attempt) VALUES ('ship', ${input.order}, ${attempt})`.execute(ctx.db);
    if (input.order === 'broken') throw new Error('cannot be shipped');
    if (input.order === 'flaky' && attempt < 3) throw new Error('not yet');
    if (input.order === 'patient') await stopped(signal);
    if (input.order === 'early' && Temporal.Instant.compare(ctx.clock.now(), opening) < 0)
      throw new NotDueYet('the shop is closed', opening);
    if (input.order === 'unlucky') await loseConnection(ctx, 7);
    if (input.order.startsWith('slow')) await new Promise((resolve) => setTimeout(resolve, 300));
  },
});

/** The job for the order `early` can do its work from this instant on. */
export const opening = Temporal.Instant.from('2026-04-02T09:00:00Z');

/** Ends the session of its own statement, in the first runs of the order `unlucky`. */
async function loseConnection(ctx: Pick<ServiceContext<ShopTables, unknown>, 'db'>, times: number): Promise<void> {
  const ran = await sql<{ times: string }>`SELECT count(*) AS times FROM ran WHERE day = 'unlucky'`.execute(ctx.db);
  if (Number(ran.rows[0]?.times) <= times) await sql`SELECT pg_terminate_backend(pg_backend_pid())`.execute(ctx.db);
}

/** Work that, the first time, ends only when its signal aborts. */
async function stopped(signal: AbortSignal): Promise<void> {
  if (patience.isOver) return;
  patience.isOver = true;
  await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
}
const patience = { isOver: false };

async function place(tx: Tx<ShopTables>, order: { order: string; amount: number; lines?: string[] | undefined }) {
  const row = await tx.sql
    .insertInto('orders')
    .values({ name: order.order, revision: 1, amount: order.amount })
    .onConflict((on) =>
      on.column('name').doUpdateSet((eb) => ({ revision: eb('orders.revision', '+', 1), amount: order.amount })),
    )
    .returning('revision')
    .executeTakeFirstOrThrow();
  const lines = order.lines ?? [];
  await tx.publish(orderPlaced, { order: order.order, revision: row.revision, amount: order.amount, lines });
  return row.revision;
}

export const shop = shopMakers.defineService({
  name: 'metering',
  schema: 'metering',
  config: (env) => ({ greeting: env.GREETING ?? 'hello' }),
  migrations: {
    '0001-orders': {
      async up(db) {
        await sql`CREATE TABLE orders (name text PRIMARY KEY, revision int NOT NULL, amount int NOT NULL)`.execute(db);
        await sql`CREATE TABLE ran (job text, day text, scheduled_at timestamptz, attempt int)`.execute(db);
        await sql`CREATE TABLE notes (name text PRIMARY KEY, content json NOT NULL)`.execute(db);
      },
    },
  },
  publishes: [orderPlaced],
  consumes: [],
  captures: ['idempotency', 'notes'],
  restores: [
    shopMakers.restore(orderPlaced, async (events, trx) => {
      for (const { data } of events) {
        await sql`INSERT INTO orders AS o VALUES (${data.order}, ${data.revision}, ${data.amount})
          ON CONFLICT (name) DO UPDATE SET revision = excluded.revision, amount = excluded.amount
          WHERE excluded.revision > o.revision`.execute(trx);
      }
    }),
  ],
  answers: [
    shopMakers.answer(placeOrder, async ({ input, tx }) => {
      const revision = await place(tx as Tx<ShopTables>, input);
      if (input.amount > 1_000_000) return refuse('too-much', 'the amount is above 1,000,000');
      if (input.order.startsWith('ship-'))
        await tx.enqueue(ship, { order: input.order }, { cause: `order ${revision}` });
      return input.order.startsWith('loud-') ? { revision, echo: 'x'.repeat(600_000) } : { revision };
    }),
    shopMakers.answer(listOrders, async ({ input }, ctx) => {
      const after = readCursor(input.cursor, 1);
      if (isRefusal(after)) return after;
      const { rows } = await sql<{ name: string }>`SELECT name FROM orders WHERE name > ${after?.[0] ?? ''}
        ORDER BY name LIMIT ${input.limit + 1}`.execute(ctx.db);
      const itemOf = ({ name }: { name: string }) => ({ name, text: 'x'.repeat(input.length) });
      return cutPage(rows, { limit: input.limit, keyOf: ({ name }) => [name], itemOf });
    }),
    shopMakers.answer(readOrder, async ({ input }, ctx) => {
      const row = await sql<{ revision: number; amount: number }>`
        SELECT revision, amount FROM orders WHERE name = ${input.order}`.execute(ctx.db);
      if (input.order === 'explode') throw new Error('password=hunter2 leaked');
      return row.rows[0] ?? refuse('not-found', `no order ${input.order}`);
    }),
  ],
  jobs: [nightly, ship],
});

export type TillTables = {
  bills: { order_name: string; revision: number; amount: number };
  sightings: { order_name: string; revision: number; lines: number };
  noted: { order_name: string; revision: number };
};

/** The handler fails on the order `poison` until a test sets this. */
export const poison = { isFixed: false };

export const till = tillMakers.defineService({
  name: 'invoicing',
  schema: 'invoicing',
  config: () => null,
  replays: ['METERING'],
  migrations: {
    '0001-bills': {
      async up(db) {
        await sql`CREATE TABLE bills (order_name text PRIMARY KEY, revision int NOT NULL, amount int NOT NULL)`.execute(
          db,
        );
        await sql`CREATE TABLE sightings (order_name text, revision int, lines int)`.execute(db);
        await sql`CREATE TABLE noted (order_name text, revision int, PRIMARY KEY (order_name, revision))`.execute(db);
        await sql`CREATE TABLE receipts (order_name text PRIMARY KEY, content json NOT NULL, state text NOT NULL)`.execute(
          db,
        );
      },
    },
  },
  publishes: [billWritten],
  projections: { notes: ['noted'] },
  captures: [{ table: 'receipts', fixed: ['content'] }],
  restores: [
    tillMakers.restore(billWritten, async (events, trx) => {
      for (const { data } of events) {
        await sql`INSERT INTO bills AS b VALUES (${data.order}, ${data.revision}, ${data.amount})
          ON CONFLICT (order_name) DO UPDATE SET revision = excluded.revision, amount = excluded.amount
          WHERE excluded.revision > b.revision`.execute(trx);
      }
    }),
  ],
  consumes: [
    tillMakers.consumer({
      name: 'orders',
      consumes: [orderPlaced],
      maxAttempts: 3,
      ackWaitMs: 2_000,
      async handle(batch, tx: Tx<TillTables>) {
        if (!poison.isFixed && batch.some((event) => event.data.order === 'poison')) {
          throw new Error('this order is poison');
        }
        const seen = batch.map(({ data }) => ({
          order_name: data.order,
          revision: data.revision,
          lines: data.lines.length,
        }));
        await tx.sql.insertInto('sightings').values(seen).execute();
        const newest = new Map<string, (typeof batch)[number]>();
        for (const event of batch) {
          const other = newest.get(event.data.order);
          if (other === undefined || other.data.revision < event.data.revision) newest.set(event.data.order, event);
        }
        const orders = [...newest.values()].map((event) => event.data);
        const changed = await sql<{ order: string; revision: number; amount: number }>`
          INSERT INTO bills AS b
          SELECT * FROM unnest(${orders.map((o) => o.order)}::text[], ${orders.map((o) => o.revision)}::int[],
            ${orders.map((o) => o.amount)}::int[])
          ON CONFLICT (order_name) DO UPDATE SET revision = excluded.revision, amount = excluded.amount
            WHERE excluded.revision > b.revision
          RETURNING order_name AS order, revision, amount`.execute(tx.sql);
        await tx.publish(billWritten, changed.rows);
      },
    }),
    tillMakers.consumer({
      name: 'notes',
      consumes: [orderPlaced],
      dedupe: 'inbox',
      ackWaitMs: 2_000,
      async handle(batch, tx: Tx<TillTables>) {
        const seen = batch.map(({ data }) => ({ order_name: data.order, revision: data.revision }));
        await tx.sql.insertInto('noted').values(seen).execute();
      },
    }),
  ],
  answers: [],
  jobs: [],
});
