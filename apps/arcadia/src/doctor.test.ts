import { expect, test } from 'vitest';
import { findingsIn, reportOf } from './doctor.ts';

const fact = {
  ok: true,
  needs_attention: false,
  detail: null,
  remedy: null,
  lag: null,
  waiting: null,
  oldest_seconds: null,
};

test('the doctor names each check that needs attention with what to do, also where the service can do its work', () => {
  const findings = findingsIn({
    service: 'invoicing',
    facts: [
      { ...fact, name: 'nats' },
      {
        ...fact,
        name: 'relay',
        ok: false,
        needs_attention: true,
        detail: 'nothing is published',
        remedy: 'Restore NATS.',
      },
      { ...fact, name: 'invoice runs', needs_attention: true, detail: '2 runs wait', remedy: null },
    ],
  });
  expect(findings.map(({ check }) => check)).toEqual(['relay', 'invoice runs']);
  expect(reportOf(findings)).toBe(
    [
      '2 checks need attention:',
      'invoicing, relay: nothing is published\n  What to do: Restore NATS.',
      'invoicing, invoice runs: 2 runs wait\n  What to do: Look at the log of the service.',
    ].join('\n\n'),
  );
  expect(reportOf(findings.slice(0, 1))).toMatch(/^1 check needs attention:/);
  expect(reportOf([])).toMatch(/^Everything is well/);
});
