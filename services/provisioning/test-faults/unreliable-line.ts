import { setTimeout as delay } from 'node:timers/promises';
import { lineOf } from '../test/line.ts';
import type { Line } from '../test/stage.ts';

/**
 * A connection to the provider that loses the replies to the first `times` creations of a droplet. With `lateMs`, the first of
 * them reaches the provider only so many milliseconds later, after the connection of the service broke.
 */
export function losingReplies({ times, lateMs = 0 }: { times: number; lateMs?: number }): Line {
  let creations = 0;
  return lineOf(async ({ method, path }, forward) => {
    if (method !== 'POST' || path !== '/v2/droplets') return forward();
    creations += 1;
    if (creations > times) return forward();
    if (creations > 1 || lateMs === 0) await forward();
    else void delay(lateMs).then(forward);
    return 'break';
  });
}
