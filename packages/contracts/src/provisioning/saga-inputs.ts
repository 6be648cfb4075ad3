import { z } from 'zod';
import { deploymentIdField } from '../fields.ts';
import { uuid } from '../ids.ts';
import { providerTag, reason } from './fields.ts';

const dropletName = z
  .string()
  .max(255)
  .regex(/^[a-zA-Z0-9]?[a-z0-9A-Z.-]*[a-z0-9A-Z]$/, 'letters, digits, dots and hyphens');

const sizeSlug = z.string().min(1).max(100);

/** The inputs of each kind of saga. */
export const sagaInputs = {
  provision_droplet: z.strictObject({
    deployment_id: uuid.optional().describe('Deployment that the droplet is for.'),
    name: dropletName.meta({ description: 'Name of the droplet.', example: 'web-1' }),
    region: z.string().min(1).max(32).meta({ description: 'Region of the provider.', example: 'syd1' }),
    size_slug: sizeSlug.meta({ description: "The provider's name of the size.", example: 's-2vcpu-4gb' }),
    image: z.string().min(1).max(255).meta({ description: 'Image slug or id.', example: 'ubuntu-24-04-x64' }),
    tags: z
      .array(providerTag)
      .max(50)
      .default([])
      .meta({ description: 'Tags of the droplet, besides the one that names its deployment.', example: ['web'] }),
    provider_project_id: z
      .string()
      .optional()
      .describe("Project it is put in; the deployment's own when absent, else the account's default."),
    ssh_keys: z
      .array(z.union([z.int(), z.string()]))
      .max(50)
      .default([])
      .meta({ description: 'Ids or fingerprints of the SSH keys to install.', example: [512189] }),
    user_data: z.string().max(65_536).optional().describe('Cloud-init user data, at most 64 KiB.'),
    vpc_uuid: z.string().optional().describe("VPC it is put in; the region's default when absent."),
    monitoring: z.boolean().default(true).describe("True: install the provider's monitoring agent."),
    ipv6: z.boolean().default(false).describe('True: give it a public IPv6 address.'),
  }),
  resize_droplet: z.strictObject({
    provider_id: z
      .string()
      .regex(/^\d+$/, "the provider's number of the droplet")
      .meta({ description: "The provider's number of the droplet.", example: '3164494' }),
    size_slug: sizeSlug.meta({ description: "The provider's name of the size.", example: 's-2vcpu-4gb' }),
    disk: z
      .boolean()
      .default(false)
      .describe('True: grow the disk too. A disk never shrinks again, so such a resize cannot be undone.'),
    deployment_id: uuid.optional().describe('Id of the deployment.'),
    confirm: z.string().meta({ description: "The droplet's name, since a resize interrupts it.", example: 'web-1' }),
  }),
  suspend: z.strictObject({
    deployment_id: uuid.describe('Id of the deployment.'),
    confirm: z.string().meta({ description: "The deployment's slug.", example: 'my-app' }),
    reason: reason.optional().meta({ description: 'Reason, kept in the history.', example: 'unpaid since April' }),
  }),
  resume: z.strictObject({
    deployment_id: deploymentIdField,
    reason: reason.optional().meta({ description: 'Reason, kept in the history.', example: 'paid again' }),
  }),
  offboard: z.strictObject({
    deployment_id: uuid.describe('Id of the deployment.'),
    confirm: z.string().meta({ description: "The deployment's slug.", example: 'my-app' }),
    final_snapshot: z.boolean().default(false).describe('True: take a snapshot of each droplet first.'),
    delete_with: z
      .strictObject({
        volumes: z.array(z.string()).default([]).describe('Ids of volumes.'),
        snapshots: z.array(z.string()).default([]).describe('Ids of droplet snapshots.'),
        volume_snapshots: z.array(z.string()).default([]).describe('Ids of volume snapshots.'),
        reserved_ips: z
          .array(z.string())
          .default([])
          .meta({ description: 'Reserved IP addresses.', example: ['203.0.113.7'] }),
      })
      .prefault({})
      .describe("Resources to delete with the droplets, by the provider's ids. Others are kept."),
    reason: reason.optional().meta({ description: 'Reason, kept in the history.', example: 'unpaid since April' }),
  }),
  /** For learning: each step echoes, or fails. */
  echo: z.strictObject({
    steps: z
      .array(z.enum(['echo', 'fail']))
      .min(1)
      .max(20)
      .default(['echo', 'echo', 'fail'])
      .describe('What each step does, in order.'),
    message: z.string().max(200).default('echo').meta({ description: 'Text that its steps echo.', example: 'hello' }),
  }),
  /** For learning: echo, echo, fail. */
  fail: z.strictObject({
    message: z.string().max(200).default('fail').meta({ description: 'Text that its steps echo.', example: 'hello' }),
  }),
} as const satisfies Record<string, z.ZodObject>;

/** The kinds of saga. */
export const sagaKind = z.object(sagaInputs).keyof();

/** A kind of saga. */
export type SagaKind = z.infer<typeof sagaKind>;

/** The kinds whose price can be quoted before they are started. */
export const quotedSagaKind = sagaKind.extract(['provision_droplet', 'resize_droplet']);

/** A kind of saga whose price can be quoted. */
export type QuotedSagaKind = z.infer<typeof quotedSagaKind>;
