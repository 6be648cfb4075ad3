import { defineKinds } from './kind-entry.ts';
import { byAttribute, gigabytes, nodes, one } from './quantities.ts';

/** Gateways, shares, images, attachments, prefixes and registries. */
export const furtherKinds = defineKinds({
  /** `node_count` (billing units) and `size`, the same as text: the price of a unit may depend on how many a gateway has. */
  nat_gateway: {
    urnTypes: ['vpcnatgateway'],
    job: 'sync-nat-gateways',
    scope: 'nat_gateway:read',
    isAssignable: true,
    ownerFrom: [],
    sizeAttribute: 'node_count',
    billed: 'by-resource',
    usages: [
      {
        kind: 'nat_gateway_hours',
        unit: 'hour',
        per: 'hour',
        dimension: 'size',
        measure: byAttribute('size', nodes),
        quote: { field: 'nat_gateways', of: 'count', description: 'Number of NAT gateways of size 1.', example: 1 },
      },
    ],
    bill: { precedence: 'specific', products: [/\bnat gateways?\b/] },
  },
  /** `size_gb`, `performance_tier`. */
  nfs_share: {
    urnTypes: ['nfs'],
    job: 'sync-nfs-shares',
    scope: 'nfs:read',
    isAssignable: true,
    ownerFrom: [],
    sizeAttribute: 'size_gb',
    billed: 'by-resource',
    usages: [
      {
        kind: 'nfs_gb_month',
        unit: 'GB-month',
        per: 'month',
        dimension: 'performance tier',
        measure: byAttribute('performance_tier', gigabytes),
        quote: {
          field: 'nfs_gb',
          of: 'gigabytes',
          description: 'Network file shares in GB, all month.',
          example: '100',
        },
      },
    ],
    bill: { precedence: 'specific', products: [/\bnfs\b|\bnetwork file (?:storage|systems?|shares?)\b/] },
  },
  /** `size_gb`, `regions`, `min_disk_gb`, `tags`; an image that the account uploaded, not one made of a droplet. */
  custom_image: {
    urnTypes: ['customimage'],
    job: 'sync-custom-images',
    scope: 'image:read',
    isAssignable: false,
    ownerFrom: [],
    sizeAttribute: 'size_gb',
    billed: 'by-resource',
    usages: [
      {
        kind: 'custom_image_gb_month',
        unit: 'GB-month',
        per: 'month',
        measure: gigabytes,
        quote: {
          field: 'custom_images_gb',
          of: 'gigabytes',
          description: 'Custom images in GB, all month.',
          example: '20',
        },
      },
    ],
    bill: { precedence: 'specific', products: [/\bcustom images?\b/] },
  },
  /** `bandwidth_mbps` (as text), `partner`, `vpc_ids`. */
  partner_attachment: {
    urnTypes: ['partner_attachment', 'partnerattachment'],
    job: 'sync-partner-attachments',
    scope: 'partner_network_connect:read',
    isAssignable: true,
    ownerFrom: [],
    billed: 'by-resource',
    usages: [
      {
        kind: 'partner_attachment_hours',
        unit: 'hour',
        per: 'hour',
        dimension: 'bandwidth in Mbit/s',
        measure: byAttribute('bandwidth_mbps', one),
        quote: {
          field: 'partner_attachments',
          of: 'count',
          description: 'Number of partner network attachments.',
          example: 1,
        },
      },
    ],
    bill: { precedence: 'specific', products: [/\bpartner (?:network )?(?:connect|attachments?)\b/] },
  },
  /** `prefix`, `is_advertised`. */
  byoip_prefix: {
    urnTypes: ['byoipprefix'],
    job: 'sync-byoip-prefixes',
    scope: 'byoip_prefix:read',
    isAssignable: true,
    ownerFrom: [],
    billed: 'by-resource',
    usages: [],
    notMetered: "the provider publishes no price of a prefix of one's own; its amount is that of the bill",
    bill: { precedence: 'specific', products: [/\bbyoip\b|\bbring your own ip\b/] },
  },
  /** `tier`, `storage_gb`; a subscription of the whole account, and so the operator's, unless it is attributed to another. */
  container_registry: {
    urnTypes: ['registry'],
    job: 'sync-registries',
    scope: 'registry:read',
    isAssignable: true,
    ownerFrom: [],
    billed: 'by-account',
    usages: [],
    notMetered: 'a subscription of the whole account with storage beyond it; its amount is that of the bill',
    bill: { precedence: 'service', products: [/\bcontainer registry\b/] },
  },
});
