import { createDatabase, createPool } from '@arcadia/platform';
import { throwawayDatabase } from '@arcadia/testkit';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { tokenLedger } from '../src/index.ts';

const start = Temporal.Instant.from('2026-05-01T00:00:00Z');

test('token ledger: replicas that share a token stay below its limits in every minute and every hour', async () => {
  await using database = await throwawayDatabase({ service: 'billing-ingest' });
  const pool = createPool({ url: database.url, schema: database.schema, applicationName: 'test' }, () => undefined);
  try {
    const db = createDatabase(pool);
    await sql`CREATE TABLE token_budgets (token_hash text PRIMARY KEY, minute_full_at timestamptz NOT NULL,
      hour_full_at timestamptz NOT NULL, blocked_until timestamptz)`.execute(db);
    const replicas = [tokenLedger(db, () => 'one'), tokenLedger(db, () => 'one'), tokenLedger(db, () => 'one')];
    const takeAll = async (now: Temporal.Instant): Promise<number> => {
      const waits = await Promise.all(
        Array.from({ length: 12 }, async (_, index) => replicas[index % replicas.length]?.take(10, now)),
      );
      return waits.filter((wait) => wait === 0).length * 10;
    };
    const taken: { at: Temporal.Instant; requests: number }[] = [];
    for (let second = 0; second < 4500; second += 30) {
      const at = start.add({ seconds: second });
      taken.push({ at, requests: await takeAll(at) });
    }
    const mostWithin = (seconds: number) =>
      Math.max(
        ...taken.map(({ at }) =>
          taken
            .filter((each) => each.at.epochMilliseconds >= at.epochMilliseconds)
            .filter((each) => each.at.epochMilliseconds < at.epochMilliseconds + seconds * 1000)
            .reduce((sum, { requests }) => sum + requests, 0),
        ),
      );
    expect(taken[0]?.requests).toBe(70);
    expect(mostWithin(60)).toBeLessThanOrEqual(250);
    expect(mostWithin(3600)).toBeLessThanOrEqual(5000);
    expect(mostWithin(3600)).toBeGreaterThan(4500);

    const later = start.add({ hours: 4 });
    // Background requests leave most of the minute to the others.
    const [background, foreground] = [tokenLedger(db, () => 'both'), tokenLedger(db, () => 'both')];
    expect(await background.take(20, later, true)).toBe(0);
    expect(await background.take(1, later, true)).toBeGreaterThan(0);
    expect(await foreground.take(50, later)).toBe(0);
    expect(await background.take(1, later.add({ seconds: 10 }), true)).toBeGreaterThan(0);
    expect(await foreground.take(20, later.add({ seconds: 10 }))).toBe(0);

    expect(await tokenLedger(db, () => 'another').take(10, later)).toBe(0);
    await replicas[0]?.block(later.add({ seconds: 30 }), later);
    expect(await replicas[1]?.take(10, later)).toBe(30_000);
    expect(await replicas[1]?.take(10, later.add({ seconds: 31 }))).toBe(0);
    const { rows } = await sql<{ found: number }>`
      SELECT count(*)::int AS found FROM token_budgets WHERE token_hash IN ('one', 'another')`.execute(db);
    expect(rows).toEqual([{ found: 0 }]);
  } finally {
    await pool.end();
  }
});
