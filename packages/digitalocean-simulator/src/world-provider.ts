import { z } from 'zod';
import { account, behaviour, rateLimit } from './world-account.ts';
import { billingHistoryEntry, invoice, invoicePreview } from './world-billing.ts';
import { fault } from './world-faults.ts';
import { decimal, inProject, instant, life, name, reference, region, tagList, tags, uuid } from './world-fields.ts';
import {
  app,
  byoipPrefix,
  cdnEndpoint,
  customImage,
  database,
  kubernetesCluster,
  natGateway,
  nfsShare,
  partnerAttachment,
  registry,
} from './world-managed.ts';

const project = z
  .strictObject({
    id: uuid.optional(),
    name: name.max(175),
    description: z.string().default(''),
    purpose: z.string().default('Service or API'),
    environment: z.enum(['Development', 'Staging', 'Production']).default('Production'),
    is_default: z.boolean().default(false),
    resources: z
      .array(z.strictObject({ urn: z.string().startsWith('do:'), from: instant.optional(), until: instant.optional() }))
      .default([])
      .describe('Members of other kinds, by URN.'),
    ...life,
  })
  .describe('A project. Exactly one is the default; if none is marked, one named "Default" is added.');

const backupPolicy = z.strictObject({
  plan: z.enum(['daily', 'weekly']).default('weekly'),
  weekday: z.enum(['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT']).default('SUN'),
  hour: z.union([z.literal(0), z.literal(4), z.literal(8), z.literal(12), z.literal(16), z.literal(20)]).default(4),
});

const dropletChange = z.strictObject({
  at: instant,
  resize: z.string().optional().describe('New size slug.'),
  power: z.enum(['on', 'off']).optional(),
  rename: name.optional(),
  tags: tags.optional().describe('The whole new set.'),
  project: reference.optional().describe('Project it moves to.'),
  backups: z.union([backupPolicy, z.literal(false)]).optional(),
});

const droplet = z.strictObject({
  id: z.number().int().positive().optional(),
  name,
  size: z.string().default('s-1vcpu-1gb').describe('Size slug.'),
  image: z.string().default('ubuntu-24-04-x64'),
  region,
  tags: tagList,
  project: inProject,
  power: z.enum(['on', 'off']).default('on'),
  backups: z
    .union([backupPolicy, z.literal(false)])
    .default(false)
    .describe('Backup policy, or false.'),
  used_gigabytes: decimal.default('2.5').describe('Size that a snapshot of it gets.'),
  ignores_shutdown: z.boolean().default(false).describe('A shutdown completes without switching the droplet off.'),
  changes: z.array(dropletChange).default([]),
  ...life,
});

const volume = z.strictObject({
  id: uuid.optional(),
  name,
  region,
  size_gigabytes: z.number().int().positive().default(10),
  description: z.string().default(''),
  tags: tagList,
  project: inProject,
  droplet: reference.nullable().default(null).describe('Droplet it is attached to.'),
  changes: z
    .array(
      z.strictObject({
        at: instant,
        resize: z.number().int().positive().optional().describe('New size in GiB.'),
        droplet: reference.nullable().optional(),
        tags: tags.optional(),
        project: reference.optional(),
      }),
    )
    .default([]),
  ...life,
});

const snapshot = z
  .strictObject({
    id: reference.optional().describe('Numeric text for a droplet snapshot, a UUID for a volume snapshot.'),
    name,
    droplet: reference.optional().describe('Source droplet.'),
    volume: reference.optional().describe('Source volume.'),
    size_gigabytes: decimal,
    min_disk_size: z.number().int().default(25),
    regions: z.array(z.string()).default(['syd1']),
    tags: tagList,
    changes: z.array(z.strictObject({ at: instant, tags })).default([]),
    ...life,
  })
  .refine((value) => (value.droplet === undefined) !== (value.volume === undefined), {
    error: 'a snapshot names either its droplet or its volume',
  });

const backup = z.strictObject({
  id: z.number().int().positive().optional(),
  droplet: reference,
  name: name.optional(),
  size_gigabytes: decimal,
  min_disk_size: z.number().int().default(25),
  ...life,
});

const domain = z.strictObject({
  name,
  ttl: z.number().int().default(1800),
  project: inProject,
  records: z.array(z.strictObject({ type: z.string(), name: z.string(), data: z.string() })).default([]),
  changes: z.array(z.strictObject({ at: instant, project: reference })).default([]),
  ...life,
});

const bucket = z.strictObject({
  name,
  region,
  size_gigabytes: decimal.default('0').describe('GiB held.'),
  objects: z.number().int().positive().default(3).describe('Number of objects the size is spread over.'),
  project: inProject,
  changes: z
    .array(z.strictObject({ at: instant, size_gigabytes: decimal.optional(), project: reference.optional() }))
    .default([]),
  ...life,
});

const reservedIp = z.strictObject({
  ip: z.string().describe('IPv4 or IPv6 address; it is the id.'),
  region,
  droplet: reference.nullable().default(null).describe('Droplet it is assigned to.'),
  project: inProject,
  changes: z
    .array(z.strictObject({ at: instant, droplet: reference.nullable().optional(), project: reference.optional() }))
    .default([]),
  ...life,
});

const firewall = z.strictObject({
  id: uuid.optional(),
  name,
  droplets: z.array(reference).default([]),
  tags: tagList,
  ...life,
});

const loadBalancer = z.strictObject({
  id: uuid.optional(),
  name,
  region,
  ip: z.string().optional(),
  nodes: z.number().int().min(1).max(100).default(1).describe('Billing units.'),
  type: z.enum(['REGIONAL', 'REGIONAL_NETWORK', 'GLOBAL']).default('REGIONAL'),
  droplets: z.array(reference).default([]),
  project: inProject,
  changes: z
    .array(
      z.strictObject({
        at: instant,
        nodes: z.number().int().min(1).max(100).optional(),
        project: reference.optional(),
      }),
    )
    .default([]),
  ...life,
});

const size = z.strictObject({
  slug: z.string(),
  memory: z.number().int().positive(),
  vcpus: z.number().int().positive(),
  disk: z.number().int().positive(),
  transfer: decimal.default('1'),
  price_monthly: decimal,
  regions: z.array(z.string()).optional().describe('Default: every region.'),
  available: z.boolean().default(true),
  description: z.string().default('Basic'),
  gpus: z.number().int().min(0).default(0).describe('A size with GPUs shows its droplets only under type=gpus.'),
});

const list = <T extends z.ZodType>(item: T) => z.array(item).default([]);

/** The objects at the provider, and the provider's behaviour. */
export const providerSide = z.strictObject({
  account: account.prefault({}),
  token: z.string().optional().describe('The only token accepted. Default: any.'),
  rate_limit: rateLimit.optional().describe('Enforced if given; otherwise only the headers are sent.'),
  behaviour: behaviour.prefault({}),
  sizes: list(size).describe('Added to the built-in catalogue; the same slug replaces it.'),
  projects: list(project),
  droplets: list(droplet),
  volumes: list(volume),
  snapshots: list(snapshot),
  backups: list(backup),
  domains: list(domain),
  buckets: list(bucket),
  reserved_ips: list(reservedIp),
  firewalls: list(firewall),
  load_balancers: list(loadBalancer),
  nat_gateways: list(natGateway),
  databases: list(database),
  kubernetes_clusters: list(kubernetesCluster),
  apps: list(app),
  nfs_shares: list(nfsShare),
  custom_images: list(customImage),
  partner_attachments: list(partnerAttachment),
  byoip_prefixes: list(byoipPrefix),
  registries: list(registry),
  cdn_endpoints: list(cdnEndpoint),
  invoices: list(invoice),
  invoice_preview: invoicePreview.optional(),
  billing_history: list(billingHistoryEntry).describe('In addition to the entries of the invoices.'),
  balance: z
    .strictObject({
      month_to_date_balance: decimal.default('0.00'),
      account_balance: decimal.default('0.00'),
      month_to_date_usage: decimal.default('0.00'),
    })
    .prefault({}),
  faults: list(fault),
});

export type ProviderSide = z.output<typeof providerSide>;
export type BackupPolicy = z.output<typeof backupPolicy>;
