import { z } from 'zod';
import { decimal, inProject, instant, life, name, region, tagList, uuid } from './world-fields.ts';

/** Later values of some fields, each from an instant on. */
const changing = <Fields extends z.ZodRawShape>(fields: Fields) => ({
  changes: z.array(z.strictObject({ at: instant, ...fields })).optional(),
});

const wholeNumber = z.number().int();

export const natGateway = z.strictObject({
  id: uuid.optional(),
  name,
  region,
  size: z.number().int().min(1).max(100).default(1).describe('Billing units.'),
  ...changing({ size: wholeNumber }),
  project: inProject,
  ...life,
});

export const database = z.strictObject({
  id: uuid.optional(),
  name,
  engine: z.string().default('pg'),
  version: z.string().default('17'),
  num_nodes: z.number().int().positive().default(1),
  size: z.string().default('db-s-1vcpu-1gb'),
  region,
  storage_size_mib: z.number().int().default(10_240),
  replicas: z
    .array(
      z.strictObject({
        id: uuid.optional(),
        name,
        size: z.string().default('db-s-1vcpu-1gb'),
        region,
        storage_size_mib: z.number().int().default(10_240),
      }),
    )
    .default([])
    .describe('Read replicas, each with nodes of its own.'),
  ...changing({
    num_nodes: wholeNumber.optional(),
    size: z.string().optional(),
    storage_size_mib: wholeNumber.optional(),
  }),
  tags: tagList,
  project: inProject,
  ...life,
});

export const nfsShare = z.strictObject({
  id: uuid.optional(),
  name,
  region,
  size_gib: z.number().int().positive().default(50),
  performance_tier: z.string().default('PERFORMANCE_TIER_STANDARD'),
  ...changing({ size_gib: wholeNumber }),
  project: inProject,
  ...life,
});

export const customImage = z.strictObject({
  id: z.number().int().positive().optional(),
  name,
  size_gigabytes: decimal,
  regions: z.array(z.string()).default(['syd1']),
  tags: tagList,
  ...life,
});

export const partnerAttachment = z.strictObject({
  id: uuid.optional(),
  name,
  region: z.string().default('nyc1'),
  bandwidth_mbps: z.number().int().positive().default(1_000),
  partner: z.string().default('megaport'),
  ...changing({ bandwidth_mbps: wholeNumber }),
  project: inProject,
  ...life,
});

export const byoipPrefix = z.strictObject({
  id: uuid.optional(),
  name,
  prefix: z.string().default('203.0.113.0/24'),
  region,
  project: inProject,
  ...life,
});

export const kubernetesCluster = z.strictObject({
  id: uuid.optional(),
  name,
  region,
  version: z.string().default('1.34.1-do.0'),
  ha: z.boolean().default(false),
  ...changing({ ha: z.boolean() }),
  node_pools: z
    .array(
      z.strictObject({
        name,
        size: z.string().default('s-2vcpu-4gb'),
        count: z.number().int().min(0).default(1),
      }),
    )
    .default([])
    .describe('Each node is a droplet of its own, tagged with the cluster.'),
  tags: tagList,
  project: inProject,
  ...life,
});

export const app = z.strictObject({
  id: uuid.optional(),
  name,
  region: z.string().default('syd'),
  instance_size: z.string().default('apps-s-1vcpu-0.5gb'),
  instances: z
    .number()
    .int()
    .positive()
    .nullable()
    .default(1)
    .describe('Null: the provider adapts the number to the load.'),
  running_instances: z.number().int().min(0).default(1).describe('Instances that run where `instances` is null.'),
  dev_databases: z.number().int().min(0).default(0),
  dedicated_egress: z.boolean().default(false),
  ...changing({
    instances: wholeNumber.nullable().optional(),
    instance_size: z.string().optional(),
    running_instances: wholeNumber.optional(),
    dev_databases: wholeNumber.optional(),
    dedicated_egress: z.boolean().optional(),
  }),
  project: inProject,
  ...life,
});

export const registry = z.strictObject({
  name,
  region: z.string().default('syd1'),
  storage_usage_bytes: z.number().int().default(0),
  tier: z.string().default('basic'),
  ...life,
});

export const cdnEndpoint = z.strictObject({
  id: uuid.optional(),
  origin: name,
  ttl: z.number().int().default(3600),
  ...life,
});
