import { expect, test } from 'vitest';
import { mergeMetrics } from './stack-health.ts';

test('metrics of several services stand below one name each', () => {
  const one = '# TYPE heard counter\nheard{service="a"} 1\n# TYPE lag gauge\nlag{service="a"} 0\n';
  const other = '# TYPE heard counter\nheard{service="b"} 2\n';
  expect(mergeMetrics([one, other, ''])).toBe(
    '# TYPE heard counter\nheard{service="a"} 1\nheard{service="b"} 2\n# TYPE lag gauge\nlag{service="a"} 0\n',
  );
});
