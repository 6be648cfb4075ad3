import { connect, createServer } from 'node:net';
import { createDatabase, createPool, together, unawaited } from '@arcadia/platform';
import { throwawayDatabase } from '@arcadia/testkit';
import { type Kysely, sql, type Transaction } from 'kysely';
import { expect, test } from 'vitest';

/** Before a server: counts how often a client writes. */
async function countingWrites(url: string) {
  const { hostname, port } = new URL(url);
  let writes = 0;
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ host: hostname, port: Number(port), noDelay: true });
    client.on('data', (chunk) => {
      writes += 1;
      upstream.write(chunk);
    });
    upstream.on('data', (chunk) => client.write(chunk));
    for (const [one, other] of [[client, upstream] as const, [upstream, client] as const])
      one.on('error', () => other.destroy()).on('close', () => other.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const through = new URL(url);
  through.host = `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  return {
    url: through.toString(),
    async during(work: () => Promise<unknown>): Promise<number> {
      const before = writes;
      await work();
      return writes - before;
    },
    close: () => server.close(),
  };
}

type Session = { db: Kysely<unknown>; writesDuring: (work: () => Promise<unknown>) => Promise<number> };

/** One session, on a table of numbers of which each may occur once. */
async function inSession(work: (session: Session) => Promise<void>): Promise<void> {
  await using database = await throwawayDatabase({ service: 'metering' });
  const counted = await countingWrites(database.url);
  const options = { url: counted.url, schema: 'metering', applicationName: 'test', connections: 1 };
  const db = createDatabase<unknown>(createPool(options, () => undefined));
  try {
    await sql`CREATE TABLE numbers (number int PRIMARY KEY)`.execute(db);
    await work({ db, writesDuring: counted.during });
  } finally {
    await db.destroy();
    counted.close();
  }
}

const insert = (number: number) => sql`INSERT INTO numbers VALUES (${number})`;
const insertLater = (number: number) => sql`${insert(number)}${unawaited}`;
const duplicate = /duplicate key value/;

const numbers = async (db: Kysely<unknown>): Promise<number[]> => {
  const { rows } = await sql<{ number: number }>`SELECT number FROM numbers ORDER BY number`.execute(db);
  return rows.map(({ number }) => number);
};

const transact = <T>(db: Kysely<unknown>, work: (trx: Transaction<unknown>) => Promise<T>): Promise<T> =>
  db.transaction().execute(work);

test('the beginning of a transaction and statements that nothing waits for are sent with the next statement or the commit', async () => {
  await inSession(async ({ db, writesDuring }) => {
    const writes = await writesDuring(() =>
      transact(db, async (trx) => {
        await insertLater(1).execute(trx);
        await insertLater(2).execute(trx);
        expect(await numbers(trx)).toEqual([1, 2]);
        await insertLater(3).execute(trx);
      }),
    );
    expect(writes).toBe(2);
    expect(await numbers(db)).toEqual([1, 2, 3]);
  });
});

test('the error of a statement that nothing waits for is that of the next statement, and of the commit', async () => {
  await inSession(async ({ db }) => {
    await insert(1).execute(db);
    const read = transact(db, async (trx) => {
      await insertLater(2).execute(trx);
      await insertLater(1).execute(trx);
      await numbers(trx);
    });
    await expect(read).rejects.toThrow(duplicate);
    const committed = transact(db, async (trx) => {
      await insert(2).execute(trx);
      await insertLater(1).execute(trx);
    });
    await expect(committed).rejects.toThrow(duplicate);
    expect(await numbers(db)).toEqual([1]);
  });
});

test('a value that the driver may refuse by itself is refused at once, before a commit can follow it', async () => {
  await inSession(async ({ db }) => {
    const committed = transact(db, async (trx) => {
      await insert(1).execute(trx);
      await sql`INSERT INTO numbers SELECT (${{ number: 2n }}::json ->> 'number')::int${unawaited}`.execute(trx);
    });
    await expect(committed).rejects.toThrow(TypeError);
    expect(await numbers(db)).toEqual([]);
  });
});

test('returning to a savepoint does not hide the error of a statement before it', async () => {
  await inSession(async ({ db }) => {
    await insert(1).execute(db);
    const hidden = transact(db, async (trx) => {
      await sql`SAVEPOINT effect`.execute(trx);
      await insertLater(1).execute(trx);
      await sql`ROLLBACK TO SAVEPOINT effect`.execute(trx);
    });
    await expect(hidden).rejects.toThrow(duplicate);
  });
});

test('a transaction that ends before its first statement is not sent, and the session goes on', async () => {
  await inSession(async ({ db, writesDuring }) => {
    const failed = () =>
      transact(db, async (trx) => {
        await insertLater(1).execute(trx);
        throw new Error('given up');
      });
    expect(await writesDuring(() => expect(failed()).rejects.toThrow('given up'))).toBe(0);
    expect(await writesDuring(() => transact(db, async () => undefined))).toBe(0);
    // Outside a transaction each statement has an instant of its own, and the mark has no effect.
    const now = async () => (await sql<{ now: string }>`SELECT now()::text`.execute(db)).rows[0]?.now;
    expect(await now()).not.toBe(await now());
    await insertLater(1).execute(db);
    expect(await numbers(db)).toEqual([1]);
  });
});

test('statements that do not wait for each other are sent together, and after an error of one the session is free', async () => {
  await inSession(async ({ db, writesDuring }) => {
    await insert(1).execute(db);
    const added = (session: Parameters<Parameters<typeof together>[1]>[0], number: number) =>
      sql<{ sum: number }>`SELECT number + ${number} AS sum FROM numbers`.execute(session);
    let sums: (number | undefined)[] = [];
    const writes = await writesDuring(async () => {
      const results = await together(db, (session) =>
        Promise.all([added(session, 1), together(session, (inner) => added(inner, 2)), added(session, 3)]),
      );
      sums = results.map(({ rows }) => rows[0]?.sum);
    });
    expect({ writes, sums }).toEqual({ writes: 1, sums: [2, 3, 4] });
    const failing = (before: (trx: Transaction<unknown>) => Promise<unknown>) =>
      transact(db, async (trx) => {
        await before(trx);
        await together(trx, (session) =>
          Promise.all([sql`SELECT 1 / 0`.execute(session), sql`SELECT pg_sleep(0.1)`.execute(session)]),
        );
      });
    const nested = transact(db, async (trx) => {
      await numbers(trx);
      await together(trx, (session) =>
        Promise.all([
          together(session, (inner) => Promise.all([sql`SELECT 1 / 0`.execute(inner), sql`SELECT 1`.execute(inner)])),
          sql`SELECT 2`.execute(session),
        ]),
      );
    });
    await expect(nested).rejects.toThrow('division by zero');
    // The first statement is sent with the beginning of the transaction, or alone.
    await expect(failing(async () => undefined)).rejects.toThrow('division by zero');
    await expect(failing(numbers)).rejects.toThrow('division by zero');
    expect(await numbers(db)).toEqual([1]);
  });
});
