import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createDigitalOcean, type DigitalOcean } from './digitalocean.ts';
import type { Listing } from './listing.ts';

const folder = join(import.meta.dirname, '../../../../shared/digitalocean/examples');
const isThere = existsSync(folder);
if (!isThere) console.warn(`${folder} is not there: the client is not checked against the provider's own examples`);

/** A client that gets the same recorded body for every request. */
function answering(file: string): DigitalOcean {
  const fetchRecorded: typeof fetch = async () =>
    new Response(readFileSync(join(folder, `${file}.json`)), { status: 200 });
  return createDigitalOcean({ token: 't', write: false, fetch: fetchRecorded });
}

const listings: readonly (readonly [file: string, read: (client: DigitalOcean) => Promise<Listing<unknown>>])[] = [
  ['projects', (client) => client.projects.list()],
  ['project_resources', (client) => client.projects.resourcesOf('x').list()],
  ['droplets', (client) => client.droplets.list()],
  ['droplet_backups', (client) => client.droplets.backupsOf(1).list()],
  ['droplet_snapshots', (client) => client.droplets.snapshotsOf(1).list()],
  ['droplet_backup_policies', (client) => client.droplets.backupPolicies.list()],
  ['droplet_actions', (client) => client.droplets.actionsOf(1).list()],
  ['actions', (client) => client.actions.list()],
  ['volumes', (client) => client.volumes.list()],
  ['snapshots', (client) => client.snapshots.list()],
  ['volume_snapshots', (client) => client.snapshots.list()],
  ['domains', (client) => client.domains.list()],
  ['reserved_ips', (client) => client.reservedIps.list()],
  ['reserved_ipv6', (client) => client.reservedIpv6s.list()],
  ['firewalls', (client) => client.firewalls.list()],
  ['load_balancers', (client) => client.loadBalancers.list()],
  ['vpcs', (client) => client.vpcs.list()],
  ['cdn_endpoints', (client) => client.cdnEndpoints.list()],
  ['kubernetes_clusters', (client) => client.kubernetesClusters.list()],
  ['apps', (client) => client.apps.list()],
  ['registries', (client) => client.registries.list()],
  ['tags', (client) => client.tags.list()],
  ['sizes', (client) => client.sizes.list()],
  ['regions', (client) => client.regions.list()],
  ['invoices', (client) => client.billing.invoices.list()],
  ['invoice', (client) => client.billing.invoices.itemsOf('x').list()],
  ['billing_history', (client) => client.billing.history.list()],
];

describe.skipIf(!isThere)('the provider’s own examples', () => {
  it.each(listings)('of %s are parsed item by item', async (file, read) => {
    const listing = await read(answering(file));
    expect(listing.distinctCount).toBeGreaterThan(0);
    expect(listing.unreadableCount).toBe(0);
  });

  it('of the account, the balance and a summary are parsed', async () => {
    expect((await answering('account').account()).droplet_limit).toBe(25);
    expect((await answering('balance').billing.balance()).month_to_date_usage).toBe('11.21');
    expect((await answering('invoice_summary').billing.invoices.summary('x')).taxes?.amount).toBe('4.56');
    expect((await answering('droplet_associated_resources').droplets.associatedWith(1)).volumes[0]?.cost).toBe('10.00');
    expect((await answering('invoices').billing.invoices.preview())?.invoice_period).toBe('2020-02');
  });
});
