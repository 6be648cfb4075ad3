import { expect, test } from 'vitest';
import { createMetrics } from './metrics.ts';

test('counters add up, gauges keep the last value, durations fall into buckets, labels are escaped', async () => {
  const metrics = createMetrics('metering');
  metrics.count('arcadia_consumed_total', { consumer: 'a' }, 2);
  metrics.count('arcadia_consumed_total', { consumer: 'a' });
  metrics.gauge('arcadia_outbox_depth', {}, 5);
  metrics.gauge('arcadia_outbox_depth', {}, 3);
  metrics.time('arcadia_job_seconds', { job_name: 'meter-day' }, performance.now() - 1000);
  metrics.count('arcadia_answered_total', { request: 'say "hi"\n', outcome: 'answer' });
  const lines = (await metrics.text()).split('\n');
  expect(lines).toContain('arcadia_consumed_total{consumer="a",service="metering"} 3');
  expect(lines).toContain('arcadia_outbox_depth{service="metering"} 3');
  expect(lines).toContain('arcadia_job_seconds_bucket{le="0.5",service="metering",job_name="meter-day"} 0');
  expect(lines).toContain('arcadia_job_seconds_bucket{le="2",service="metering",job_name="meter-day"} 1');
  expect(lines).toContain('arcadia_answered_total{request="say \\"hi\\"\\n",outcome="answer",service="metering"} 1');
});

test('each service counts for itself, also in one process', async () => {
  const [one, other] = [createMetrics('metering'), createMetrics('drift')];
  one.count('arcadia_incidents_total', {});
  expect(await one.text()).toContain('arcadia_incidents_total{service="metering"} 1');
  expect(await other.text()).toContain('arcadia_incidents_total{service="drift"} 0');
});
