import { addMonths, type Period, secondsOf } from '@arcadia/contracts';
import { fraction, times, toText } from '../rating/fraction.ts';
import type { RatingInput } from '../rating/rate.ts';
import type { AttachedAddon, FallbackPrice, PlanTerms, TaxPolicy, UsageSum } from '../rating/terms.ts';

/** The resources planned for a whole month; sizes are in GB. */
export type DeploymentSpec = {
  droplets: number;
  spaces_gb: string;
  snapshots_gb: string;
  backups_gb: string;
  volumes_gb: string;
  dns_zones: number;
  floating_ips: number;
  load_balancer_nodes: number;
};

export type ExpectedUsage = { kind: string; qty: string };

/** A month of a spec in quantities of usage: running resources count the month's real hours, stored ones count once. */
export const usageOfSpec = (
  spec: { [Field in keyof DeploymentSpec]?: DeploymentSpec[Field] | undefined },
  period: Period,
): ExpectedUsage[] => {
  const hours = secondsOf(period) / 3600;
  const running = (count: number | undefined): string => toText(times(fraction(count ?? 0), fraction(hours)));
  const all: ExpectedUsage[] = [
    { kind: 'droplet_hours', qty: running(spec.droplets) },
    { kind: 'spaces_gb_month', qty: spec.spaces_gb ?? '0' },
    { kind: 'snapshot_gb_month', qty: spec.snapshots_gb ?? '0' },
    { kind: 'backup_gb_month', qty: spec.backups_gb ?? '0' },
    { kind: 'volume_gb_month', qty: spec.volumes_gb ?? '0' },
    { kind: 'dns_zones', qty: String(spec.dns_zones ?? 0) },
    { kind: 'floating_ip_hours', qty: running(spec.floating_ips) },
    { kind: 'load_balancer_hours', qty: running(spec.load_balancer_nodes) },
  ];
  return all.filter(({ qty }) => !fraction(qty).num.isZero());
};

/** The input of the rating function for a whole month on a plan, as if it had been subscribed all along. */
export const quoteInput = (given: {
  period: Period;
  deploymentId: string;
  plan: PlanTerms;
  addons: AttachedAddon[];
  usage: readonly ExpectedUsage[];
  tax: TaxPolicy;
  fallbackPrices: FallbackPrice[];
}): RatingInput => {
  const first = `${given.period}-01`;
  const after = `${addMonths(given.period, 1)}-01`;
  // Where a price changes within the month, a quote uses the price at its end, since it has no days of usage.
  const prices = [...Map.groupBy(given.fallbackPrices, ({ kind }) => kind).values()].flatMap((rows) => rows.slice(-1));
  return {
    period: given.period,
    currency: given.plan.currency,
    tax: given.tax,
    fallback_prices: prices.map((price) => ({
      ...price,
      valid_from: price.valid_from < first ? price.valid_from : first,
    })),
    other_lines: [],
    deployments: [
      {
        deployment_id: given.deploymentId,
        subscriptions: [
          {
            subscription_id: given.deploymentId,
            starts_at: `${first}T00:00:00Z`,
            ends_at: null,
            trial_ends_at: null,
            plans: [{ from: `${first}T00:00:00Z`, plan: given.plan }],
            pauses: [],
            addons: given.addons,
          },
        ],
        usage: given.usage.map(
          ({ kind, qty }): UsageSum => ({ kind, from: first, until: after, unit_seconds: qty, divisor: '1' }),
        ),
      },
    ],
  };
};
