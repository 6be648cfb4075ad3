import { z } from 'zod';
import {
  anyCount,
  anyFlag,
  anyText,
  idList,
  idText,
  nameText,
  neededCount,
  regionSlug,
  textList,
  timeText,
} from './fields.ts';
import { listingOf } from './listing-of.ts';
import type { Transport } from './transport.ts';

/** A domain. Its name is its id; the provider gives no creation time. */
export const domain = z.looseObject({ name: idText, ttl: anyCount });
export type Domain = z.output<typeof domain>;

const holder = z
  .looseObject({ id: idText })
  .nullish()
  .transform((droplet) => droplet?.id ?? null);

/** A reserved IPv4 address. `droplet` is the id of its droplet; the provider charges for an address without one. */
export const reservedIp = z.looseObject({
  ip: idText,
  region: regionSlug,
  droplet: holder,
  locked: anyFlag,
  project_id: anyText,
});
export type ReservedIp = z.output<typeof reservedIp>;

export const reservedIpv6 = z.looseObject({
  ip: idText,
  region_slug: regionSlug,
  reserved_at: timeText,
  droplet: holder,
});
export type ReservedIpv6 = z.output<typeof reservedIpv6>;

export const firewall = z.looseObject({
  id: idText,
  name: nameText,
  status: anyText,
  created_at: timeText,
  droplet_ids: idList,
  tags: textList,
});
export type Firewall = z.output<typeof firewall>;

/** A load balancer. Older ones have a size name instead of a number of nodes. */
export const loadBalancer = z.looseObject({
  id: idText,
  name: nameText,
  ip: anyText,
  status: anyText,
  created_at: timeText,
  region: regionSlug,
  size: anyText,
  size_unit: neededCount,
  type: anyText,
  network: anyText,
  droplet_ids: idList,
  /** Tag of the droplets that it forwards to; `tags` are its own. */
  tag: anyText,
  tags: textList,
  project_id: anyText,
});
export type LoadBalancer = z.output<typeof loadBalancer>;

export const vpc = z.looseObject({
  id: z.string(),
  name: z.string(),
  region: regionSlug,
  created_at: z.string().nullish(),
});
export type Vpc = z.output<typeof vpc>;

export const cdnEndpoint = z.looseObject({
  id: z.string(),
  origin: z.string(),
  endpoint: z.string().nullish(),
  created_at: z.string(),
});
export type CdnEndpoint = z.output<typeof cdnEndpoint>;

/** Calls for domains, addresses, firewalls, load balancers, networks and endpoints. */
export function networkCalls(transport: Transport) {
  return {
    domains: listingOf(transport, { path: '/v2/domains', key: 'domains', item: domain, identify: (item) => item.name }),
    reservedIps: {
      ...listingOf(transport, {
        path: '/v2/reserved_ips',
        key: 'reserved_ips',
        item: reservedIp,
        identify: (item) => item.ip,
        isInexact: true,
      }),
      create: async (
        body: { region: string; project_id?: string } | { droplet_id: number },
        signal?: AbortSignal,
      ): Promise<ReservedIp> => {
        const answer = z.looseObject({ reserved_ip: reservedIp });
        return (await transport.json({ method: 'POST', path: '/v2/reserved_ips', body, signal }, answer)).reserved_ip;
      },
      delete: (ip: string, signal?: AbortSignal): Promise<void> =>
        transport.send({ method: 'DELETE', path: `/v2/reserved_ips/${encodeURIComponent(ip)}`, signal }),
    },
    reservedIpv6s: listingOf(transport, {
      path: '/v2/reserved_ipv6',
      key: 'reserved_ipv6s',
      item: reservedIpv6,
      identify: (item) => item.ip,
      isInexact: true,
    }),
    firewalls: listingOf(transport, {
      path: '/v2/firewalls',
      key: 'firewalls',
      item: firewall,
      identify: (item) => item.id,
    }),
    loadBalancers: {
      ...listingOf(transport, {
        path: '/v2/load_balancers',
        key: 'load_balancers',
        item: loadBalancer,
        identify: (item) => item.id,
      }),
      delete: (id: string, signal?: AbortSignal): Promise<void> =>
        transport.send({ method: 'DELETE', path: `/v2/load_balancers/${encodeURIComponent(id)}`, signal }),
    },
    vpcs: listingOf(transport, { path: '/v2/vpcs', key: 'vpcs', item: vpc, identify: (item) => item.id }),
    cdnEndpoints: listingOf(transport, {
      path: '/v2/cdn/endpoints',
      key: 'endpoints',
      item: cdnEndpoint,
      identify: (item) => item.id,
    }),
  };
}
