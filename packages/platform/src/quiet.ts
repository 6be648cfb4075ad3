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
  for (;;) {
    const restless = await firstRestless(services);
    const count = services.reduce((sum, service) => sum + service.activity(), 0);
    if (restless === null && before === count) return;
    before = restless === null ? count : null;
    if (Date.now() > deadline) throw new Error(`${restless ?? 'some service'} did not become quiet in time`);
    if (restless !== null) await delay(options.pollMs ?? 2);
  }
}

async function firstRestless(services: readonly Quietable[]): Promise<string | null> {
  const looks = await Promise.all(services.map((service) => service.quiet()));
  const index = looks.indexOf(false);
  return index === -1 ? null : (services[index]?.name ?? null);
}
