import { z } from 'zod';
import { uuid } from '../ids.ts';
import { providerTag, reason } from './fields.ts';

const dropletName = z
  .string()
  .max(255)
  .regex(/^[a-zA-Z0-9]?[a-z0-9A-Z.-]*[a-z0-9A-Z]$/, 'letters, digits, dots and hyphens');

const sizeSlug = z.string().min(1).max(100);

/** What each kind of saga is given. Droplets are named by our resource id or by the provider's. */
export const sagaInputs = {
  provision_droplet: z.strictObject({
    deployment_id: uuid.optional(),
    name: dropletName,
    region: z.string().min(1).max(32),
    size_slug: sizeSlug,
    image: z.string().min(1).max(255),
    tags: z.array(providerTag).max(50).default([]),
    /** The project it is put in; without it the deployment's own, and without that the account's default. */
    provider_project_id: z.string().optional(),
    ssh_keys: z
      .array(z.union([z.int(), z.string()]))
      .max(50)
      .default([]),
    user_data: z.string().max(65_536).optional(),
    vpc_uuid: z.string().optional(),
    monitoring: z.boolean().default(true),
    ipv6: z.boolean().default(false),
  }),
  resize_droplet: z.strictObject({
    provider_id: z.string().regex(/^\d+$/, "the provider's number of the droplet"),
    size_slug: sizeSlug,
    /** Grow the disk too. It never shrinks again, so the resize cannot be taken back. */
    disk: z.boolean().default(false),
    deployment_id: uuid.optional(),
    /** It interrupts the droplet: the droplet's name. */
    confirm: z.string(),
  }),
  suspend: z.strictObject({
    deployment_id: uuid,
    confirm: z.string(),
    reason: reason.optional(),
  }),
  resume: z.strictObject({ deployment_id: uuid, reason: reason.optional() }),
  offboard: z.strictObject({
    deployment_id: uuid,
    confirm: z.string(),
    final_snapshot: z.boolean().default(false),
    /** What goes with the droplets, by the provider's id. What is not named is kept. */
    delete_with: z
      .strictObject({
        volumes: z.array(z.string()).default([]),
        snapshots: z.array(z.string()).default([]),
        volume_snapshots: z.array(z.string()).default([]),
        reserved_ips: z.array(z.string()).default([]),
      })
      .prefault({}),
    reason: reason.optional(),
  }),
  /** Teaching: each step echoes, or fails. */
  echo: z.strictObject({
    steps: z
      .array(z.enum(['echo', 'fail']))
      .min(1)
      .max(20)
      .default(['echo', 'echo', 'fail']),
    message: z.string().max(200).default('echo'),
  }),
  /** Teaching: echo, echo, fail. */
  fail: z.strictObject({ message: z.string().max(200).default('fail') }),
} as const satisfies Record<string, z.ZodObject>;

export const sagaKind = z.object(sagaInputs).keyof();

export type SagaKind = z.infer<typeof sagaKind>;

/** The kinds whose price can be quoted before they are started. */
export const quotedSagaKind = sagaKind.extract(['provision_droplet', 'resize_droplet']);

export type QuotedSagaKind = z.infer<typeof quotedSagaKind>;
