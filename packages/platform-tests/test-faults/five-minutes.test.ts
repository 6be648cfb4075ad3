import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { orderPlaced } from '../test/echo-service.ts';
import { openStage, ordersPublished } from '../test/stage.ts';

const awayMs = 300_000;
/** A write in so many milliseconds. */
const everyMs = 100;
const curedWithinMs = 30_000;
const orders = 20;

test(
  'NATS is away for five minutes: every write succeeds, health shows it, and within 30 seconds of its return each event is published once and handled',
  async () => {
    await using stage = await openStage({ durable: true });
    let written = 0;
    const write = () =>
      stage.shop.context.transact((tx) => {
        const [order, revision] = [`o${written % orders}`, Math.floor(written / orders) + 1];
        written += 1;
        return tx.publish(orderPlaced, { order, revision, amount: 1, lines: [] });
      });
    await write();
    await stage.settled();
    await stage.nats.kill();
    const until = Date.now() + awayMs;
    while (Date.now() < until) {
      await write();
      await delay(everyMs);
    }
    const { ok, facts } = await stage.shop.health();
    expect({ ok, nats: facts['nats']?.ok, relay: facts['relay']?.ok }).toEqual({
      ok: false,
      nats: false,
      relay: false,
    });

    await stage.nats.start();
    const newest = async () =>
      (
        await sql<{ newest: number }>`SELECT coalesce(sum(revision), 0)::int AS newest FROM bills`.execute(
          stage.till.context.db,
        )
      ).rows[0]?.newest;
    await expect.poll(newest, { timeout: curedWithinMs }).toBe(written);
    expect(await ordersPublished(stage.shop)).toBe(written);
    await stage.settled();
    await expect.poll(async () => (await stage.shop.health()).ok, { timeout: curedWithinMs }).toBe(true);
  },
  awayMs + 180_000,
);
