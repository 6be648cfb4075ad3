import { Decimal, dayOf, metering } from '@arcadia/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type JudgeContext, judgeReport, type Report } from './judge-report.ts';

const now = Temporal.Instant.from('2026-04-10T13:00:00Z');
const deployment = '00000000-0000-5000-8000-000000000001';
const context: JudgeContext = {
  now,
  kinds: new Map([['dns_zones', { per: 'month' }]]),
  tenants: new Map([[deployment, 'acme']]),
  closed: new Set(),
  lateWindowDays: 60,
};

const reported = (quantity: string): Report => ({
  source: '/test',
  id: 'r1',
  form: 'usage',
  subject: null,
  deployment_id: deployment,
  kind: 'dns_zones',
  time: `${dayOf(now)}T12:00:00Z`,
  quantity,
});

test.each([
  ['0', true],
  ['999999999999999.999999999999', true],
  ['000999999999999999', true],
  ['1.500000000000000000', true],
  ['1000000000000000', false],
  ['9'.repeat(40), false],
  ['0.0000000000001', false],
])('a quantity of %s may be reported: %s', (quantity, isAccepted) => {
  const refusal = judgeReport(reported(quantity), context);
  const detail = expect.stringContaining('15 digits before the point or 12 after it');
  expect(refusal).toEqual(isAccepted ? null : { reason: 'invalid-report', detail });
});

/** As many reports as a table can number, each in force for all microseconds of the longest month. */
const mostReports = new Decimal('9223372036854775807');
const longestMonth = new Decimal(31 * 86_400).plus('0.000001');

test('the sum of any number of accepted reports fits the contract', () => {
  const digits = (max: number) => fc.stringMatching(new RegExp(`^[0-9]{1,${max}}$`));
  const quantity = fc
    .tuple(digits(18), fc.option(digits(14)))
    .map(([whole, fraction]) => (fraction === null ? whole : `${whole}.${fraction}`));
  fc.assert(
    fc.property(quantity, (text) => {
      if (judgeReport(reported(text), context) !== null) return;
      const sum = new Decimal(text).times(longestMonth).times(mostReports).toFixed();
      const line = { resource_id: null, kind: 'dns_zones', unit_seconds: sum, divisor: '2678400', observations: [] };
      expect(metering.usageLine.safeParse(line).success).toBe(true);
    }),
    { examples: [['999999999999999.999999999999']] },
  );
});
