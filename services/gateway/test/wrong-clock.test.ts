import { metering } from '@arcadia/contracts';
import { throwawayNats } from '@arcadia/testkit';
import { afterEach, expect, test, vi } from 'vitest';
import { answering, operator, startGateway, startNeighbour, tokenOf } from './stage.ts';

const realInstant = Temporal.Now.instant;
const inSeconds = (seconds: number): number => Math.floor(realInstant().epochMilliseconds / 1000) + seconds;

/** Sets the clock of this machine, but not that of Postgres. */
function skew(days: number): void {
  const ms = days * 86_400_000;
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms, shouldAdvanceTime: true });
  Temporal.Now.instant = () => realInstant().add({ milliseconds: ms });
}

afterEach(() => {
  vi.useRealTimers();
  Temporal.Now.instant = realInstant;
});

test.each([2, -2])(
  'a gateway whose machine is %s days ahead judges tokens and keys by the time of Postgres',
  async (days) => {
    await using nats = await throwawayNats();
    await using _metering = await startNeighbour(nats, 'metering', [
      answering(metering.listUsage, () => ({ items: [], next_cursor: null })),
    ]);
    skew(days);
    await using gateway = await startGateway(nats);
    const statusOf = async (token: string) => (await gateway.send('/api/v1/usage', { token })).status;
    const signed = (iat: number, exp: number) => tokenOf({ ...operator, iat: inSeconds(iat), exp: inSeconds(exp) });
    expect(await statusOf(await signed(-10, 600))).toBe(200);
    expect(await statusOf(await signed(-700, -100))).toBe(401);
    expect(await statusOf(await signed(days * 86_400, days * 86_400 + 600))).toBe(401);

    const made = await gateway.send('/api/v1/api-keys', {
      ...{ method: 'POST', token: await signed(-10, 600), headers: { 'content-type': 'application/json' } },
      body: JSON.stringify({ name: 'ci', role: 'auditor' }),
    });
    const key = (await made.json()) as { token: string; created_at: string };
    expect(Math.abs(Temporal.Instant.from(key.created_at).since(realInstant()).total('seconds'))).toBeLessThan(600);
    expect(await statusOf(key.token)).toBe(200);
  },
);
