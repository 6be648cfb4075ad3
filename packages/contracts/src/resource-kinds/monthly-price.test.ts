import { describe, expect, it } from 'vitest';
import { resourceKindEntries } from './derived.ts';
import { isPriced, monthlyPrice } from './monthly-price.ts';

const prices: Record<string, string> = { 's-1vcpu-1gb': '6', 'db-s-1vcpu-1gb': '15.15' };
const priceOf = (size: string) => (prices[size] === undefined ? undefined : { monthly: prices[size], currency: 'USD' });
const price = (kind: string, attrs: Record<string, string | number | null> = {}) => {
  const found = monthlyPrice({ kind, attrs }, priceOf);
  return 'amount' in found ? found.amount : found.unknownBecause;
};

describe('the monthly list price of a resource', () => {
  it('depends on its size, its gigabytes, its nodes or its assignment', () => {
    expect(price('droplet', { size_slug: 's-1vcpu-1gb' })).toBe('6');
    expect(price('managed_db', { size_slug: 'db-s-1vcpu-1gb', node_count: 3 })).toBe('45.45');
    expect(price('volume', { size_gb: '100.5' })).toBe('10.05');
    expect(price('snapshot', { size_gb: 0.25 })).toBe('0.015');
    expect(price('load_balancer', { node_count: 3 })).toBe('36');
    expect(price('load_balancer')).toBe('12');
    expect(price('floating_ip', { assigned_to: null })).toBe('5');
    expect(price('floating_ip', { assigned_to: '101' })).toBe('0');
    expect(price('firewall')).toBe('0');
  });

  it('of a droplet contains the share of its backups, by their plan, from the list of sizes and from loaded prices alike', () => {
    expect(price('droplet', { size_slug: 's-1vcpu-1gb', backup_plan: 'weekly' })).toBe('7.2');
    expect(price('droplet', { size_slug: 's-1vcpu-1gb', backup_plan: 'daily' })).toBe('7.8');
    expect(price('droplet', { size_slug: 's-1vcpu-1gb', backup_plan: null })).toBe('6');
    const listedOf = (kind: string, dimension: string | null) =>
      kind === 'droplet_hours' && dimension === 'own' ? { price_monthly: '10', currency: 'EUR' } : undefined;
    const attrs = { size_slug: 'own', backup_plan: 'daily' };
    expect(monthlyPrice({ kind: 'droplet', attrs }, priceOf, listedOf)).toEqual({ amount: '13', currency: 'EUR' });
  });

  it('is the sum of loaded list prices of all that it is metered as, where these are known', () => {
    const loaded: Record<string, { price_monthly?: string; unit_price?: string; currency: string }> = {
      'database_node_hours db-2': { price_monthly: '30', currency: 'USD' },
      'database_storage_gb_month ': { unit_price: '0.215', currency: 'USD' },
      'kubernetes_ha_hours ': { unit_price: '0.05', currency: 'USD' },
      'volume_gb_month ': { unit_price: '0.12', currency: 'USD' },
      'load_balancer_hours ': { unit_price: '0.02', currency: 'USD' },
      'droplet_hours s-1vcpu-1gb': { price_monthly: '7', currency: 'EUR' },
    };
    const listed = (kind: string, attrs: Record<string, string | number | null>) => {
      const found = monthlyPrice({ kind, attrs }, priceOf, (of, size) => loaded[`${of} ${size ?? ''}`]);
      return 'amount' in found ? `${found.amount} ${found.currency}` : found.unknownBecause;
    };
    expect(listed('volume', { size_gb: '100' })).toBe('12 USD');
    expect(listed('load_balancer', { node_count: 2 })).toBe('29.2 USD');
    expect(listed('droplet', { size_slug: 's-1vcpu-1gb' })).toBe('7 EUR');
    // What counts nothing is free where its price is known.
    expect(listed('k8s_cluster', { is_ha: 1 })).toBe('0 USD');
    expect(listed('app', {})).toBe('The provider publishes no list price for the kind app.');
    // What is not listed, or malformed in a desired state, has the price that it had without.
    expect(listed('snapshot', { size_gb: '0.25' })).toBe('0.015 USD');
    expect(listed('volume', { size_gb: 'many' })).toBe('The size of the volume is unknown.');
  });

  it('may depend on every attribute that a kind is metered by, and on no other', () => {
    const named: [string, string][] = [
      ['managed_db', 'extra_storage_gb'],
      ['k8s_cluster', 'is_ha'],
      ['app', 'components'],
      ['app', 'dev_databases'],
      ['app', 'has_dedicated_egress'],
      ['nfs_share', 'performance_tier'],
      ['partner_attachment', 'bandwidth_mbps'],
      ['floating_ip', 'assigned_to'],
    ];
    expect(named.filter(([kind, attribute]) => !isPriced(kind, attribute))).toEqual([]);
    expect(isPriced('droplet', 'tags') || isPriced('volume', 'assigned_to')).toBe(false);
  });

  it('is unknown with a reason, never 0, where it cannot be computed', () => {
    expect(price('droplet', { size_slug: 'gpu-x' })).toBe('The list price of the size gpu-x is unknown.');
    expect(price('droplet')).toMatch(/size of the droplet is unknown/);
    expect(price('volume', { size_gb: null })).toBe('The size of the volume is unknown.');
    expect(price('droplet_backup', { size_gb: '20' })).toMatch(/share of the price of its droplet/);
    expect(price('microdroplet')).toBe('The kind microdroplet is not known, and neither is its price.');
    const billed = resourceKindEntries.filter(([, entry]) => entry.billed !== 'free').map(([kind]) => kind);
    expect(billed.filter((kind) => ['0', ''].includes(price(kind)))).toEqual([]);
  });
});
