import { expect, test } from 'vitest';
import { mergeMetrics } from './stack-health.ts';

test('mergeMetrics lists the samples of several services below one heading per metric', () => {
  const one =
    '# HELP consumed Messages\n# TYPE consumed counter\nconsumed{service="a"} 1\n\n# HELP lag Lag\n# TYPE lag gauge\nlag{service="a"} 0\n';
  const other = '# HELP consumed Messages\n# TYPE consumed counter\nconsumed{service="b"} 2\n';
  expect(mergeMetrics([one, other, ''])).toBe(
    '# HELP consumed Messages\n# TYPE consumed counter\nconsumed{service="a"} 1\nconsumed{service="b"} 2\n' +
      '# HELP lag Lag\n# TYPE lag gauge\nlag{service="a"} 0\n',
  );
});
