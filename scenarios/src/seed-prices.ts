/** Included quantities and prices in cents of the seed catalog. */
export const plans: Record<string, { base: bigint; included: Record<string, string> }> = {
  starter: {
    base: 2000n,
    included: {
      droplet_hours: '744',
      spaces_gb_month: '25',
      snapshot_gb_month: '20',
      bandwidth_gb: '500',
      dns_zones: '3',
    },
  },
  studio: {
    base: 5000n,
    included: {
      droplet_hours: '1488',
      spaces_gb_month: '100',
      snapshot_gb_month: '50',
      bandwidth_gb: '2000',
      dns_zones: '10',
      llm_input_tokens: '1000000',
      llm_output_tokens: '250000',
    },
  },
  pro: {
    base: 12000n,
    included: {
      droplet_hours: '3720',
      spaces_gb_month: '250',
      snapshot_gb_month: '150',
      bandwidth_gb: '5000',
      dns_zones: '50',
      llm_input_tokens: '5000000',
      llm_output_tokens: '1000000',
    },
  },
};
/** Prices in cents of the seed catalog's addons, with the quantity that each includes. */
export const addons: Record<string, { price: bigint; kind: string; qty: string }> = {
  storage_50gb: { price: 750n, kind: 'spaces_gb_month', qty: '50' },
  storage_250gb: { price: 3000n, kind: 'spaces_gb_month', qty: '250' },
  llm_1m: { price: 1500n, kind: 'llm_input_tokens', qty: '1000000' },
};
/** Overage prices of the kinds that a plan includes. */
export const centsBeyondPlan: Record<string, string> = {
  droplet_hours: '1',
  spaces_gb_month: '3',
  snapshot_gb_month: '8',
  bandwidth_gb: '2',
  dns_zones: '50',
  llm_input_tokens: '0.0004',
  llm_output_tokens: '0.0016',
};
/** Fallback prices of kinds that no plan includes; other kinds, such as tokens on Starter, have no price and make no line. */
export const centsOutsidePlans: Record<string, string> = {
  backup_gb_month: '8',
  volume_gb_month: '15',
  floating_ip_hours: '1',
  load_balancer_hours: '3',
  nat_gateway_hours: '11',
};
