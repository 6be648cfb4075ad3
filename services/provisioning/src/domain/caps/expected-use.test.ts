import { periodInterval } from '@arcadia/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Capped, exceededCap, expectedUse } from './expected-use.ts';

const at = (text: string) => Temporal.Instant.from(text);

const april: Capped = {
  plan: 'studio',
  kind: 'droplet_hours',
  unit: 'hour',
  cap: '1000',
  month: periodInterval('2026-04'),
  now: at('2026-04-20T00:00:00Z'),
  divisor: 3_600,
  metered: [],
  meteredUntil: null,
  running: [],
  beingCreated: '0',
  added: '1',
};

describe('provisioning: the expected use of a month', () => {
  it('metered usage, what runs from then on, what is being created and the new resource are added up', () => {
    const given = {
      ...april,
      metered: [{ unitSeconds: String(456 * 3_600), divisor: '3600' }],
      meteredUntil: at('2026-04-19T00:00:00Z'),
      running: [{ units: '1', since: at('2026-03-01T00:00:00Z') }],
      beingCreated: '1',
    };
    expect(expectedUse(given)).toEqual({ used: '456', running: '552', added: '264', total: '1272' });
    expect(exceededCap(given)?.detail).toBe(
      'The plan studio caps droplet_hours at 1000 (hour) a month. In the month from 2026-04-01 to 2026-05-01, 456 are metered, ' +
        'the present resources add 552, and the new one would add 264: 1272 in all. Switch off or delete a resource, ' +
        'wait until 2026-05-01, or change to a plan with a higher cap.',
    );
  });

  it('before anything is metered, a resource counts from its creation, but not from before the month', () => {
    const running = ['2026-02-01T00:00:00Z', '2026-04-10T12:00:00Z'].map((since) => ({ units: '1', since: at(since) }));
    expect(expectedUse({ ...april, running }).running).toBe(String(720 + 492));
  });

  it('exactly the cap fits, and a second more does not', () => {
    const given = { ...april, cap: '264' };
    expect(exceededCap(given)).toBeNull();
    expect(exceededCap({ ...given, metered: [{ unitSeconds: '1', divisor: '3600' }] })).not.toBeNull();
  });

  it('no droplet of a month counts for more than its hours (property)', () => {
    const instant = fc.integer({ min: -40, max: 29 }).map((days) => april.month.start.add({ hours: 24 * days }));
    fc.assert(
      fc.property(fc.array(instant), fc.option(instant), (starts, until) => {
        const running = starts.map((since) => ({ units: '1', since }));
        const { running: hours } = expectedUse({ ...april, running, meteredUntil: until });
        expect(Number(hours)).toBeLessThanOrEqual(720 * starts.length);
        expect(Number(hours)).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
