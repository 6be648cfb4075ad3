import { z } from 'zod';
import { customers, everyone } from '../actor.ts';
import { defineRequest, edited } from '../define.ts';
import { tenantId, uuid } from '../ids.ts';
import { pageInput, pageOf } from '../page.ts';
import { instantText, periodText } from '../time.ts';

const runStatus = z.enum(['pending', 'delivered', 'failed', 'skipped']);

const exportAttempt = z.object({
  number: z.int().min(1).meta({ description: 'Number of the attempt, counted from 1.', example: 1 }),
  attempted_at: instantText.describe('When it began.'),
  duration_ms: z.int().meta({ description: 'How long it took, in milliseconds.', example: 840 }),
  http_status: z
    .int()
    .nullable()
    .meta({ description: 'Status of the bucket’s last answer; null: there was none.', example: 403 }),
  error: z.string().nullable().meta({
    description: 'Why it failed; null for a success.',
    example: 'the bucket answered 403 (SignatureDoesNotMatch): the secret key is not that of the access key',
  }),
});

/** One month of a scheduled export on its way to the bucket. */
export const exportRun = z.object({
  run_id: uuid.describe('Id of the run.'),
  export_id: uuid.describe('Scheduled export that it belongs to.'),
  period: periodText.meta({ description: 'Month that is exported.', example: '2026-04' }),
  cause: z
    .enum(['schedule', 'close', 'person'])
    .describe('`schedule`: it was time; `close`: an invoice or a bill of the month arrived; `person`: by a request.'),
  status: runStatus.describe(
    '`pending`: an attempt is due or in progress; `delivered`: the object is in the bucket; `failed`: the last attempt failed; `skipped`: a later run of the same month takes its place.',
  ),
  created_at: instantText.describe('When it was started.'),
  object_key: z.string().meta({
    description:
      'Key of the object. It follows from the export and the month, so a repetition overwrites the same object.',
    example: 'finops/focus-1.4/charges/tenant=acme/period=2026-04/charges.csv',
  }),
  bytes: z.int().nullable().meta({ description: 'Size of the object; null: it is not delivered.', example: 18_400 }),
  attempts: z.int().meta({ description: 'Attempts that were made so far.', example: 1 }),
  next_attempt_at: instantText.nullable().describe('When the next attempt is due; null: none is.'),
  last_attempt: exportAttempt.nullable().describe('The last attempt; null: none was made.'),
});

/** A scheduled export without its secret key. */
export const scheduledExport = z.object({
  export_id: uuid.describe('Id of the scheduled export.'),
  tenant_id: tenantId.nullable().meta({
    description: 'Tenant that it belongs to and whose rows it has; null: the operator, with the rows of all tenants.',
    example: 'acme',
  }),
  description: z.string().meta({ description: 'What it is for, in the words of its maker.', example: 'FinOps' }),
  dataset: z
    .enum(['charges', 'costs'])
    .describe('`charges`: what tenants were invoiced; `costs`: what the provider charged, for the operator alone.'),
  format: z.enum(['csv', 'parquet']).describe('Format of the file.'),
  endpoint_url: z.string().meta({
    description: 'URL of the S3-compatible service. The bucket is the first part of the path below it.',
    example: 'https://s3.eu-central-1.amazonaws.com',
  }),
  region: z.string().meta({ description: 'Region that requests are signed for.', example: 'eu-central-1' }),
  bucket: z.string().meta({ description: 'Name of the bucket.', example: 'acme-finops' }),
  prefix: z.string().meta({ description: 'What the keys of the objects begin with.', example: 'finops/' }),
  access_key: z.string().meta({
    description: 'Id of the access key. Its secret is never shown.',
    example: 'AKIAIOSFODNN7EXAMPLE',
  }),
  schedule: z.string().nullable().meta({
    description:
      'When the present month and the one before it are exported, a cron expression in UTC; null: never by time.',
    example: '30 4 * * *',
  }),
  is_after_close: z
    .boolean()
    .describe('Whether a month is exported once its invoices are issued, or its bill of the provider arrives.'),
  is_paused: z.boolean().describe('Whether it waits until it is continued.'),
  created_at: instantText.describe('When it was made.'),
  created_by: z.string().meta({ description: 'Subject of its maker.', example: 'user:ada' }),
  next_run_at: instantText.nullable().describe('When the schedule exports next; null: it does not.'),
  last_run: exportRun.nullable().describe('The newest run; null: there was none.'),
});

const exportId = z.strictObject({ export_id: uuid.describe('Id of the scheduled export.') });

const given = {
  description: z.string().max(200).meta({ description: 'What it is for.', example: 'FinOps' }),
  format: z.enum(['csv', 'parquet']).describe('Format of the file.'),
  endpoint_url: z
    .url({ protocol: /^https?$/, error: 'a URL such as https://s3.eu-central-1.amazonaws.com' })
    .max(500)
    .meta({
      description:
        'URL of the S3-compatible service: https, without user, password or query, at a public address. The bucket is the first part of the path below it.',
      example: 'https://s3.eu-central-1.amazonaws.com',
    }),
  region: z
    .string()
    .regex(/^[a-z0-9-]{1,50}$/, 'a region such as eu-central-1, or auto')
    .meta({ description: 'Region that requests are signed for.', example: 'eu-central-1' }),
  bucket: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'a name of 3 to 63 small letters, digits, dots and hyphens')
    .meta({ description: 'Name of the bucket.', example: 'acme-finops' }),
  prefix: z
    .string()
    .max(200)
    .regex(/^([\w.=-]+\/)*$/, 'empty, or folders that each end in /, such as finops/arcadia/')
    .refine((text) => !text.split('/').some((part) => part === '.' || part === '..'), 'no folder may be . or ..')
    .meta({
      description: 'What the keys of the objects begin with: empty, or folders that each end in /.',
      example: 'finops/',
    }),
  access_key: z
    .string()
    .regex(/^[\w.~-]{1,128}$/, 'letters, digits and -._~')
    .meta({
      description: 'Id of an access key that may put objects into the bucket.',
      example: 'AKIAIOSFODNN7EXAMPLE',
    }),
  secret_access_key: z
    .string()
    .min(1)
    .max(200)
    .regex(/^[\x21-\x7e]+$/, 'printable characters without spaces')
    .meta({
      description: 'Secret of the access key. It is kept encrypted and never shown.',
      example: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    }),
  schedule: z.string().max(100).nullable().meta({
    description:
      'When the present month and the one before it are exported: a cron expression of five fields in UTC, at most once an hour; null: never by time.',
    example: '30 4 * * *',
  }),
  is_after_close: z
    .boolean()
    .describe('Whether a month is exported once its invoices are issued, or its bill of the provider arrives.'),
} as const;

export const createScheduledExport = defineRequest({
  name: 'scheduled-exports.create',
  service: 'notifications',
  summary:
    'Create a scheduled export of FOCUS cost and usage to an S3-compatible bucket. Its secret key is never shown.',
  effect: 'command',
  roles: customers,
  input: z.strictObject({
    ...given,
    description: given.description.default(''),
    dataset: z
      .enum(['charges', 'costs'])
      .default('charges')
      .describe('`charges`: what tenants were invoiced; `costs`: what the provider charged, for the operator alone.'),
    format: given.format.default('csv'),
    region: given.region.default('us-east-1'),
    prefix: given.prefix.default(''),
    schedule: given.schedule.default(null),
    is_after_close: given.is_after_close.default(true),
    tenant_id: tenantId.optional().meta({
      description:
        'Tenant that it belongs to and whose rows it has; for a tenant its own. Absent, an operator’s export has the rows of all tenants.',
      example: 'acme',
    }),
  }),
  output: scheduledExport,
  refusals: ['forbidden', 'unknown-tenant', 'url-not-allowed', 'invalid-schedule', 'too-many-exports'],
});

export const listScheduledExports = defineRequest({
  name: 'scheduled-exports.list',
  service: 'notifications',
  summary: 'List scheduled exports with their newest run, newest first.',
  effect: 'read',
  roles: everyone,
  input: pageInput.extend({
    tenant_id: tenantId.optional().meta({ description: 'Only exports of this tenant.', example: 'acme' }),
  }),
  output: pageOf(scheduledExport),
  refusals: ['invalid-cursor'],
});

export const getScheduledExport = defineRequest({
  name: 'scheduled-exports.get',
  service: 'notifications',
  summary: 'Get a scheduled export with its newest run.',
  effect: 'read',
  roles: everyone,
  input: exportId,
  output: scheduledExport,
  refusals: ['not-found'],
  isVersioned: true,
  unversioned: ['next_run_at', 'last_run'],
});

export const updateScheduledExport = defineRequest({
  name: 'scheduled-exports.update',
  service: 'notifications',
  summary: 'Update the given fields of a scheduled export; runs that wait are tried at once with what is new.',
  effect: 'command',
  roles: customers,
  input: exportId.extend({
    description: given.description.optional(),
    format: given.format.optional(),
    endpoint_url: given.endpoint_url.optional(),
    region: given.region.optional(),
    bucket: given.bucket.optional(),
    prefix: given.prefix.optional(),
    access_key: given.access_key.optional(),
    secret_access_key: given.secret_access_key.optional(),
    schedule: given.schedule.optional(),
    is_after_close: given.is_after_close.optional(),
    is_paused: z.boolean().optional().describe('True: nothing is exported until it is set to false.'),
  }),
  output: scheduledExport,
  refusals: ['not-found', 'url-not-allowed', 'invalid-schedule'],
  edits: edited(getScheduledExport, ['export_id']),
});

export const deleteScheduledExport = defineRequest({
  name: 'scheduled-exports.delete',
  service: 'notifications',
  summary: 'Delete a scheduled export with its keys and its runs. Objects in the bucket stay.',
  effect: 'command',
  roles: customers,
  input: exportId,
  output: scheduledExport,
  refusals: ['not-found'],
  edits: edited(getScheduledExport, ['export_id']),
});

export const runScheduledExport = defineRequest({
  name: 'scheduled-exports.run',
  service: 'notifications',
  summary: 'Export a month now. The outcome is in the run.',
  effect: 'command',
  roles: customers,
  input: exportId.extend({ period: periodText.meta({ description: 'Month to export.', example: '2026-04' }) }),
  output: exportRun,
  refusals: ['not-found', 'export-paused'],
});

export const listExportRuns = defineRequest({
  name: 'export-runs.list',
  service: 'notifications',
  summary: 'List the runs of a scheduled export with their last attempt, newest first.',
  effect: 'read',
  roles: everyone,
  input: pageInput.extend({
    export_id: uuid.describe('Id of the scheduled export.'),
    status: runStatus.optional().describe('Only runs with this status.'),
  }),
  output: pageOf(exportRun),
  refusals: ['invalid-cursor', 'not-found'],
});

export const getExportRun = defineRequest({
  name: 'export-runs.get',
  service: 'notifications',
  summary: 'Get a run of a scheduled export with its attempts.',
  effect: 'read',
  roles: everyone,
  input: z.strictObject({ run_id: uuid.describe('Id of the run.') }),
  output: exportRun.extend({
    recent_attempts: z.array(exportAttempt).max(50).describe('The last attempts, newest first, at most 50.'),
  }),
  refusals: ['not-found'],
});
