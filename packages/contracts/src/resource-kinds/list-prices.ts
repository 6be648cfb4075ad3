/**
 * The provider's list prices in US cents a month of one unit (a GB, a node, an address) for the kinds whose price does not depend on
 * a size that it lists. They value a difference; they never make a bill, and a list price that is loaded comes before them. Sources:
 * amounts on published invoices (volumes 0.10; snapshots 0.06 USD, as 10.15 GB for 0.61).
 *
 * Not verified, because no interface of the provider has prices of them: load balancers, assumed at 12 USD for a node of every type
 * and size, and unassigned reserved IPs, assumed at 5 USD; an invoice of 2020 had 4 (3.11 for 522 of 672 hours).
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
