import { hash } from 'node:crypto';
import type { BudgetLedger } from './shared-budget.ts';

type Window = { taken: number[]; blockedUntil: number };

/** The provider's limits of one token. Some requests of the hour are left to other users of the token. */
const limits = { perMinute: 250, perHour: 4_900 };
const [minuteMs, hourMs] = [60_000, 3_600_000];

const windows = new Map<string, Window>();

/**
 * The budget of a token that several services of one process use, as under `npm start`. In a database without the shared table each
 * service keeps the budget in its own schema, which the others cannot read, so their requests are counted here too. `ledger` is asked only for requests that fit in here.
 */
export function processLedger(ledger: BudgetLedger, account: () => { baseUrl: string; token: string }): BudgetLedger {
  const windowOf = (): Window => {
    const { baseUrl, token } = account();
    const key = hash('sha256', `${baseUrl} ${token}`);
    const known = windows.get(key) ?? { taken: [], blockedUntil: 0 };
    windows.set(key, known);
    return known;
  };
  return {
    take: async (requests, now, isBackground) => {
      const window = windowOf();
      const at = now.epochMilliseconds;
      const waitMs = waitOf(window, requests, at);
      if (waitMs > 0) return waitMs;
      for (let count = 0; count < requests; count += 1) window.taken.push(at);
      const ownMs = await ledger.take(requests, now, isBackground);
      if (ownMs > 0) for (let count = 0; count < requests; count += 1) remove(window.taken, at);
      return ownMs;
    },
    block: async (until, now) => {
      const window = windowOf();
      window.blockedUntil = Math.max(window.blockedUntil, until.epochMilliseconds);
      await ledger.block(until, now);
    },
  };
}

/** Milliseconds until the requests fit into the minute and the hour; 0: they do. */
function waitOf(window: Window, requests: number, at: number): number {
  // A played clock may be set back; what lies far ahead of it was of another time.
  if ((window.taken.at(-1) ?? at) > at + minuteMs) window.taken = [];
  if (window.blockedUntil > at + hourMs) window.blockedUntil = 0;
  const expired = window.taken.findIndex((time) => time > at - hourMs);
  window.taken.splice(0, expired < 0 ? window.taken.length : expired);
  // The oldest request that must expire first.
  const until = (limit: number, span: number): number => {
    const oldest = window.taken.at(requests - limit - 1);
    return window.taken.length + requests <= limit || oldest === undefined ? 0 : Math.max(0, oldest + span - at);
  };
  return Math.max(window.blockedUntil - at, until(limits.perMinute, minuteMs), until(limits.perHour, hourMs), 0);
}

const remove = (taken: number[], at: number): void => {
  const index = taken.lastIndexOf(at);
  if (index >= 0) taken.splice(index, 1);
};
