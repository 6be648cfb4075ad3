import { canonicalDecimal, Decimal } from '@arcadia/contracts';
import {
  anyFlag,
  anyText,
  type Image,
  idText,
  neededCount,
  type Registry,
  regionSlug,
  textList,
  timeText,
} from '@arcadia/digitalocean';
import { z } from 'zod';
import type { Listed } from '../domain/resources/resource.ts';
import { instantText } from './describe.ts';

/** The project that the resource names itself, in the attributes. */
const ownProject = (own: string | null | undefined): { provider_project_id?: string } =>
  own ? { provider_project_id: own } : {};

/** The listings of kinds that nothing else at the provider depends on: path, key, and the fields that are read. */
export const furtherListings = {
  natGateways: {
    path: '/v2/vpc_nat_gateways',
    key: 'vpc_nat_gateways',
    item: z.looseObject({
      id: idText,
      name: anyText,
      state: anyText,
      region: regionSlug,
      size: neededCount,
      created_at: timeText,
      project_id: anyText,
    }),
    identify: (one: { id: string }) => one.id,
  },
  nfsShares: {
    path: '/v2/nfs',
    key: 'shares',
    item: z.looseObject({
      id: idText,
      name: anyText,
      size_gib: neededCount,
      region: regionSlug,
      status: anyText,
      created_at: timeText,
      performance_tier: anyText,
      project_id: anyText,
    }),
    identify: (one: { id: string }) => one.id,
    isUnpaged: true,
  },
  partnerAttachments: {
    path: '/v2/partner_network_connect/attachments',
    key: 'partner_attachments',
    item: z.looseObject({
      id: idText,
      name: anyText,
      state: anyText,
      region: regionSlug,
      connection_bandwidth_in_mbps: neededCount,
      naas_provider: anyText,
      vpc_ids: textList,
      created_at: timeText,
      project_id: anyText,
    }),
    identify: (one: { id: string }) => one.id,
  },
  byoipPrefixes: {
    path: '/v2/byoip_prefixes',
    key: 'byoip_prefixes',
    item: z.looseObject({
      uuid: idText,
      name: anyText,
      prefix: anyText,
      status: anyText,
      region: regionSlug,
      advertised: anyFlag,
      project_id: anyText,
    }),
    identify: (one: { uuid: string }) => one.uuid,
  },
};

type Item<Name extends keyof typeof furtherListings> = z.output<(typeof furtherListings)[Name]['item']>;

export const describeNatGateway = (gateway: Item<'natGateways'>): Listed => ({
  kind: 'nat_gateway',
  providerId: gateway.id,
  name: gateway.name || gateway.id,
  status: gateway.state?.toLowerCase() ?? null,
  region: gateway.region ?? null,
  createdAt: instantText(gateway.created_at),
  attrs: {
    node_count: gateway.size ?? 1,
    ...(gateway.size === null ? {} : { size: String(gateway.size) }),
    ...ownProject(gateway.project_id),
  },
});

export const describeNfsShare = (share: Item<'nfsShares'>): Listed => ({
  kind: 'nfs_share',
  providerId: share.id,
  name: share.name || share.id,
  status: share.status?.toLowerCase() ?? null,
  region: share.region ?? null,
  createdAt: instantText(share.created_at),
  attrs: {
    ...(typeof share.size_gib === 'number' ? { size_gb: String(share.size_gib) } : {}),
    performance_tier: share.performance_tier?.replace(/^PERFORMANCE_TIER_/, '').toLowerCase() ?? null,
    ...ownProject(share.project_id),
  },
});

export const describePartnerAttachment = (attachment: Item<'partnerAttachments'>): Listed => ({
  kind: 'partner_attachment',
  providerId: attachment.id,
  name: attachment.name || attachment.id,
  status: attachment.state?.toLowerCase() ?? null,
  region: attachment.region ?? null,
  createdAt: instantText(attachment.created_at),
  attrs: {
    bandwidth_mbps:
      typeof attachment.connection_bandwidth_in_mbps === 'number'
        ? String(attachment.connection_bandwidth_in_mbps)
        : null,
    partner: attachment.naas_provider ?? null,
    vpc_ids: attachment.vpc_ids.toSorted(),
    ...ownProject(attachment.project_id),
  },
});

export const describeByoipPrefix = (prefix: Item<'byoipPrefixes'>): Listed => ({
  kind: 'byoip_prefix',
  providerId: prefix.uuid,
  name: prefix.name || prefix.prefix || prefix.uuid,
  status: prefix.status?.toLowerCase() ?? null,
  region: prefix.region ?? null,
  createdAt: null,
  attrs: {
    prefix: prefix.prefix ?? null,
    is_advertised: prefix.advertised,
    ...ownProject(prefix.project_id),
  },
});

/** An image that the account uploaded. Snapshots and backups are listed among the images too, and as themselves. */
export const describeCustomImage = (image: Image): Listed | null =>
  image.type !== 'custom'
    ? null
    : {
        kind: 'custom_image',
        providerId: image.id,
        name: image.name || image.id,
        status: image.status?.toLowerCase() ?? null,
        region: image.regions.toSorted()[0] ?? null,
        createdAt: instantText(image.created_at),
        attrs: {
          ...((image.size_gigabytes ?? null) === null
            ? {}
            : { size_gb: canonicalDecimal(image.size_gigabytes ?? '0') }),
          regions: [...new Set(image.regions)].toSorted(),
          min_disk_gb: image.min_disk_size ?? null,
          tags: image.tags.toSorted(),
        },
      };

const bytesPerGib = 2 ** 30;

export const describeRegistry = (registry: Registry): Listed => ({
  kind: 'container_registry',
  providerId: registry.name,
  name: registry.name,
  status: null,
  region: registry.region ?? null,
  createdAt: instantText(registry.created_at),
  attrs: {
    tier: registry.subscription?.tier?.slug ?? null,
    ...(registry.storage_usage_bytes === null
      ? {}
      : {
          storage_gb: canonicalDecimal(new Decimal(registry.storage_usage_bytes).div(bytesPerGib).toDecimalPlaces(2)),
        }),
  },
});
