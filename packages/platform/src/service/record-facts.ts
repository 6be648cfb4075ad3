import type { HealthFact } from '../kernel/health-fact.ts';
import type { Metrics } from '../kernel/metrics.ts';

/** Shows the facts of health as metrics: whether each is ok, whether a person should look at it, and its figures. */
export function recordFacts(metrics: Pick<Metrics, 'gauges'>, facts: Readonly<Record<string, HealthFact>>): void {
  const all = Object.entries(facts);
  const flag = (is: boolean) => (is ? 1 : 0);
  metrics.gauges(
    'arcadia_health_ok',
    all.map(([fact, { ok }]) => ({ labels: { fact }, value: flag(ok) })),
  );
  metrics.gauges(
    'arcadia_health_attention',
    all.map(([fact, { warning }]) => ({ labels: { fact }, value: flag(warning !== undefined) })),
  );
  metrics.gauges(
    'arcadia_health_figure',
    all.flatMap(([fact, extras]) =>
      Object.entries(extras).flatMap(([figure, value]) =>
        typeof value === 'number' ? [{ labels: { fact, figure }, value }] : [],
      ),
    ),
  );
}
