import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { type RunningService, untilQuiet } from '@arcadia/platform';
import { z } from 'zod';
import type { WorldStack } from './world-stack.ts';

/** Where the command line controls a running world, on this machine alone. */
export type Control = { readonly url: string; stop(): Promise<void> };

/** The instant to advance to, or how far: an instant in UTC. */
const command = z.object({ to: z.iso.datetime({ offset: true }) });

/** The time of day, in UTC, to which the clock is moved on each day: after the day is metered and a month is closed. */
const hourOfDay = { hours: 4, minutes: 30 };
/** The schedules look at the clock every second. */
const noticedMs = 1_300;
const quietTimeoutMs = 120_000;
/** The furthest that one command moves the clock, in days. */
const mostDays = 400;

/**
 * Moves the clocks of a running world on to an instant, a day at a time, so that every scheduled job runs as it would have: the days are
 * metered, the month is closed, and its invoices are issued. Yields the instant of each step once its work is done.
 * @throws Error when the instant is in the past of the world, or too far away
 */
export async function* advance(
  {
    clock,
    providerClock,
    stack,
  }: Pick<WorldStack, 'clock' | 'providerClock'> & { stack: { services: readonly RunningService[] } },
  to: Temporal.Instant,
): AsyncGenerator<Temporal.Instant, void> {
  for (const at of stepsBetween(clock.now(), to)) {
    clock.set(at);
    providerClock.set(at);
    await delay(noticedMs);
    await untilQuiet(stack.services, { timeoutMs: quietTimeoutMs });
    yield at;
  }
}

/** The instants to stop at on the way: each day once, and the end. */
export function stepsBetween(from: Temporal.Instant, to: Temporal.Instant): Temporal.Instant[] {
  if (Temporal.Instant.compare(to, from) <= 0)
    throw new Error(`The clock of the world shows ${from.toString().slice(0, 19)}Z already; name a later instant.`);
  if (from.until(to).total('hours') > mostDays * 24)
    throw new Error(`The clock moves on by at most ${mostDays} days at once.`);
  const steps: Temporal.Instant[] = [];
  const midnight = Temporal.Instant.from(`${from.toString().slice(0, 10)}T00:00:00Z`);
  for (let at = midnight.add(hourOfDay); Temporal.Instant.compare(at, to) < 0; at = at.add({ hours: 24 }))
    if (Temporal.Instant.compare(at, from) > 0) steps.push(at);
  return [...steps, to];
}

/** Starts the control of a running world. Each command needs the secret that is kept with the world's data; one runs at a time. */
export async function startControl(
  running: WorldStack,
  { secret, onAdvanced }: { secret: string; onAdvanced: () => void },
): Promise<Control> {
  let isBusy = false;
  const server = createServer((request, response) => {
    void (async () => {
      const refuse = (status: number, text: string) =>
        void response.writeHead(status, { 'content-type': 'text/plain' }).end(text);
      if (request.headers.authorization !== `Bearer ${secret}`) return refuse(401, 'wrong secret');
      if (request.method !== 'POST' || request.url !== '/advance') return refuse(404, 'unknown command');
      if (isBusy) return refuse(409, 'The clock is being moved already.');
      const parsed = command.safeParse(await bodyOf(request));
      if (!parsed.success) return refuse(422, '`to` is an instant such as 2026-11-01T06:00:00Z.');
      isBusy = true;
      try {
        for await (const at of advance(running, Temporal.Instant.from(parsed.data.to))) {
          if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/plain' });
          response.write(`${at.toString().slice(0, 19)}Z\n`);
          onAdvanced();
        }
        response.end('done\n');
      } catch (error) {
        if (response.headersSent) response.end(`failed: ${(error as Error).message}\n`);
        else refuse(422, (error as Error).message);
      } finally {
        isBusy = false;
      }
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

const bodyOf = async (request: IncomingMessage): Promise<unknown> => {
  let text = '';
  for await (const chunk of request as AsyncIterable<Buffer>) text += chunk.toString();
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};
