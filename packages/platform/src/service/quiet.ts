import { setTimeout as delay } from 'node:timers/promises';
import type { RunningService } from './service.ts';

type Quietable = Pick<RunningService, 'name' | 'quiet' | 'activity'>;

/**
 * Wait until all these services are quiet together: two looks in a row that find each of them quiet, and nothing begun in
 * between. Throws when the time is over, naming who was not.
 */
export async function untilQuiet(
  services: readonly Quietable[],
  options: { timeoutMs?: number; pollMs?: number } = {},
): Promise<void> {
  const deadline = Date.now() + (options.timeoutMs ?? 60_000);
  let before: number | null = null;
  let order = services;
  for (;;) {
    const restless = await firstRestless(order);
    const count = services.reduce((sum, service) => sum + service.activity(), 0);
    if (restless === null && before === count) return;
    before = restless === null ? count : null;
    if (Date.now() > deadline) throw new Error(`${restless?.name ?? 'some service'} did not become quiet in time`);
    if (restless === null) continue;
    // Who was restless is asked first next time: while one works, the others need not be looked at.
    order = [restless, ...services.filter((service) => service !== restless)];
    await delay(options.pollMs ?? 2);
  }
}

async function firstRestless(services: readonly Quietable[]): Promise<Quietable | null> {
  for (const service of services) if (!(await service.quiet())) return service;
  return null;
}
