/**
 * The provider's list prices in US cents a month of one unit (a GB, a node, an address) for the kinds whose price does not depend on
 * a size that it lists. They value a difference; they never make a bill. Sources: amounts on published invoices (volumes 0.10,
 * snapshots 0.06 USD) and the provider's price list of 2026 (load balancers 12, unassigned reserved IPs 5 USD).
 */
export const unitListPrices: readonly {
  kind: 'volume' | 'snapshot' | 'load_balancer' | 'floating_ip';
  monthlyCents: number;
}[] = [
  { kind: 'volume', monthlyCents: 10 },
  { kind: 'snapshot', monthlyCents: 6 },
  { kind: 'load_balancer', monthlyCents: 1200 },
  { kind: 'floating_ip', monthlyCents: 500 },
];
