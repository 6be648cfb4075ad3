import { type Env, forService } from '@arcadia/platform';
import { type Kysely, sql } from 'kysely';
import { z } from 'zod';
import { orderPlaced } from './echo-service.ts';

export type DepotTables = { parcels: { name: string; process: number } };

const makers = forService<DepotTables, null>();

/** Notes which process has begun a parcel, and never ends while the variable `HOLDS` is set. */
async function take(db: Kysely<never>, names: readonly string[], env: Env): Promise<void> {
  await sql`INSERT INTO parcels SELECT name, ${process.pid} FROM unnest(${[...names]}::text[]) AS name`.execute(db);
  if (env['HOLDS'] !== undefined) await new Promise(() => undefined);
}

/** How many messages the consumer of the depot handles at once. */
export const depotBatch = 5;

/** A third service (as invoicing), whose queue of jobs and consumer have the platform's own limits of time. */
export const depot = makers.defineService({
  name: 'invoicing',
  schema: 'invoicing',
  config: () => null,
  migrations: {
    '0001-parcels': {
      up: async (db) => void (await sql`CREATE TABLE parcels (name text, process int)`.execute(db)),
    },
  },
  publishes: [],
  consumes: [
    makers.consumer({
      name: 'orders',
      consumes: [orderPlaced],
      batch: depotBatch,
      handle: (batch, tx, ctx) =>
        take(
          tx.sql as never,
          batch.map(({ data }) => data.order),
          ctx.env,
        ),
    }),
  ],
  answers: [],
  jobs: [
    makers.job({
      name: 'pack',
      input: z.object({ parcel: z.string() }),
      key: ({ parcel }) => parcel,
      run: ({ input }, ctx) => take(ctx.db as never, [input.parcel], ctx.env),
    }),
  ],
});
