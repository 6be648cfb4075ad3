import { expect, test } from 'vitest';
import { createMetrics } from './metrics.ts';

test('counters add up, gauges stand, labels are escaped', () => {
  const metrics = createMetrics({ service: 'metering' });
  metrics.count('arcadia_heard_total', { consumer: 'a' }, 2);
  metrics.count('arcadia_heard_total', { consumer: 'a' });
  metrics.gauge('arcadia_outbox_depth', 5);
  metrics.gauge('arcadia_outbox_depth', 3);
  metrics.count('arcadia_answered_total', { request: 'say "hi"\n' });
  expect(metrics.text()).toBe(
    [
      '# TYPE arcadia_answered_total counter',
      'arcadia_answered_total{service="metering",request="say \\"hi\\"\\n"} 1',
      '# TYPE arcadia_heard_total counter',
      'arcadia_heard_total{service="metering",consumer="a"} 3',
      '# TYPE arcadia_outbox_depth gauge',
      'arcadia_outbox_depth{service="metering"} 3',
      '',
    ].join('\n'),
  );
});
