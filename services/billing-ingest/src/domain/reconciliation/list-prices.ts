/** The provider bills a month as 672 hours: its hourly prices are a monthly price / 672, and more hours cost nothing more. */
export const cappedHours = 672;

/**
 * The provider's list prices in cents a month of one unit (a GB, a node, an address) for the kinds whose price does not depend on a
 * size that it lists. They only value a difference or confirm the times of a line; they never make one. Sources: amounts on
 * published invoices (volumes 0.10, snapshots 0.06 USD) and the provider's price list of 2026 (load balancers 12, unassigned
 * reserved IPs 5 USD).
 */
export const unitPrices: readonly { kind: string; monthlyCents: number }[] = [
  { kind: 'volume', monthlyCents: 10 },
  { kind: 'snapshot', monthlyCents: 6 },
  { kind: 'load_balancer', monthlyCents: 1200 },
  { kind: 'floating_ip', monthlyCents: 500 },
];

/** Share of its droplet's price that the provider takes for weekly backups; daily ones cost 0.3. */
export const backupShare = '0.2';
