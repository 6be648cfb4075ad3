import { setTimeout as delay } from 'node:timers/promises';
import type { QuietOptions } from './health.ts';
import type { RunningService } from './service.ts';

type Quietable = Pick<RunningService, 'name' | 'quiet' | 'activity'>;

/**
 * Waits until all these services are quiet together: two checks in a row find each of them without work, the second one also in
 * the streams, and nothing has begun in between.
 * @throws after `timeoutMs` (60,000), naming a service that was still busy
 */
export async function untilQuiet(
  services: readonly Quietable[],
  options: { timeoutMs?: number; pollMs?: number } = {},
): Promise<void> {
  const deadline = Date.now() + (options.timeoutMs ?? 60_000);
  let before: number | null = null;
  let order = services;
  for (;;) {
    const busy = await firstBusy(order, { inStreams: before !== null });
    const count = services.reduce((sum, service) => sum + service.activity(), 0);
    if (busy === null && before === count) return;
    before = busy === null ? count : null;
    if (Date.now() > deadline) throw new Error(`${busy?.name ?? 'some service'} was still busy when the time was over`);
    if (busy === null) continue;
    // A busy service is checked first next time: while it works, the others need no check.
    order = [busy, ...services.filter((service) => service !== busy)];
    await delay(options.pollMs ?? 2);
  }
}

async function firstBusy(services: readonly Quietable[], options: QuietOptions): Promise<Quietable | null> {
  for (const service of services) if (!(await service.quiet(options))) return service;
  return null;
}
