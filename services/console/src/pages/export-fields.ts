import { monthName, type notifications, type RequestOutput } from '@arcadia/contracts';
import { InvalidForm, type Values } from '../command.ts';
import type { HttpContext } from '../context.ts';
import { badge } from '../html/badge.ts';
import type { Field } from '../html/form.ts';
import { type Html, html } from '../html/html.ts';
import { table } from '../html/table.ts';
import { time } from '../words/time.ts';
import { isOperator } from './webhook-fields.ts';

export type Export = RequestOutput<typeof notifications.getScheduledExport>;
export type Run = RequestOutput<typeof notifications.listExportRuns>['items'][number];
type Tried = NonNullable<Run['last_attempt']>;

/** The field that a refusal is about. */
export const exportWords = {
  'url-not-allowed': 'endpoint_url',
  'unknown-tenant': 'tenant_id',
  'invalid-schedule': 'schedule',
} as const;

const formats = [
  ['csv', 'CSV'],
  ['parquet', 'Parquet'],
] as const;

const datasets = [
  ['charges', 'What tenants were invoiced'],
  ['costs', 'What the provider charged'],
] as const;

export const runStatuses = [
  ['pending', 'Waiting'],
  ['delivered', 'Delivered'],
  ['failed', 'Failed'],
  ['skipped', 'Skipped'],
] as const;

const causes = { schedule: 'by the schedule', close: 'after the close', person: 'by request' } as const;

/** The rows and the format of an export, in words. */
export const datasetInWords = ({ dataset, format }: Pick<Export, 'dataset' | 'format'>): string =>
  `${new Map<string, string>(datasets).get(dataset)}, as ${new Map<string, string>(formats).get(format)}`;

/** What a form gives of an export: the fields that it can be made and changed with. An empty secret key is left out. */
export const exportIn = (values: Values) => {
  const { endpoint_url = '', region = '', bucket = '', prefix = '', access_key = '', schedule = '' } = values;
  const secret = (values['secret_access_key'] ?? '').trim();
  return {
    description: (values['description'] ?? '').trim(),
    format: (values['format'] ?? 'csv') as Export['format'],
    endpoint_url: endpoint_url.trim(),
    region: region.trim(),
    bucket: bucket.trim(),
    prefix: prefix.trim(),
    access_key: access_key.trim(),
    ...(secret === '' ? {} : { secret_access_key: secret }),
    schedule: schedule.trim() === '' ? null : schedule.trim(),
    is_after_close: values['is_after_close'] === 'true',
  };
};

/** What only a new export is given. Throws InvalidForm. */
export const newExportIn = (c: HttpContext, values: Values) => {
  const { secret_access_key, ...given } = exportIn(values);
  const tenant = (values['tenant_id'] ?? '').trim();
  const dataset = isOperator(c) ? ((values['dataset'] ?? 'charges') as Export['dataset']) : 'charges';
  const faults = {
    ...(secret_access_key === undefined ? { secret_access_key: 'Enter the secret of the access key.' } : {}),
    ...(dataset === 'costs' && tenant !== ''
      ? { tenant_id: 'What the provider charged is exported for you alone: leave this empty.' }
      : {}),
  };
  if (secret_access_key === undefined || Object.keys(faults).length > 0) throw new InvalidForm(faults);
  return { ...given, secret_access_key, dataset, ...(tenant === '' || !isOperator(c) ? {} : { tenant_id: tenant }) };
};

/** The fields of an export. */
export const exportFields = (c: HttpContext, present: Export | null): Field[] => [
  { name: 'description', label: 'What it is for', value: present?.description ?? '' },
  ...(present === null && isOperator(c)
    ? [
        { name: 'dataset', label: 'Rows', kind: 'choice' as const, choices: datasets },
        { name: 'tenant_id', label: 'Only for a tenant', hint: 'Its id. Empty: the rows of all tenants.' },
      ]
    : []),
  { name: 'format', label: 'Format', kind: 'choice', choices: formats, value: present?.format ?? 'csv' },
  {
    name: 'endpoint_url',
    label: 'URL of the S3-compatible service',
    hint: 'Without the bucket, such as https://s3.eu-central-1.amazonaws.com.',
    value: present?.endpoint_url ?? '',
    isRequired: true,
  },
  { name: 'region', label: 'Region', value: present?.region ?? 'us-east-1', isRequired: true },
  { name: 'bucket', label: 'Bucket', value: present?.bucket ?? '', isRequired: true },
  {
    name: 'prefix',
    label: 'Folder in the bucket',
    hint: 'Ends in /, such as finops/. Empty: none.',
    value: present?.prefix ?? '',
  },
  {
    name: 'access_key',
    label: 'Access key',
    hint: 'Its id. It needs the right to put objects into the bucket.',
    value: present?.access_key ?? '',
    isRequired: true,
  },
  {
    name: 'secret_access_key',
    label: 'Secret of the access key',
    hint: present === null ? 'It is kept encrypted and never shown again.' : 'Empty: it stays as it is.',
    kind: 'secret',
    isRequired: present === null,
  },
  {
    name: 'is_after_close',
    label: 'Export a month after its close',
    hint: 'Once its invoices are issued, or its bill of the provider arrives.',
    kind: 'tick',
    value: String(present?.is_after_close ?? true),
  },
  {
    name: 'schedule',
    label: 'Also by time',
    hint: 'A cron expression in UTC, at most once an hour, for the present month and the one before it: 30 4 * * * is 04:30 of each day. Empty: never by time.',
    value: present?.schedule ?? '',
  },
];

/** Whether an export works, by its newest run: one that waits to be tried again fails too. */
export const exportBadge = ({ is_paused, last_run }: Export): Html => {
  if (is_paused) return badge('paused');
  const isTriedAgain = last_run?.status === 'pending' && typeof last_run.last_attempt?.error === 'string';
  return last_run?.status === 'failed' || isTriedAgain ? badge('failed', 'Fails') : badge('active');
};

export const runBadge = ({ status }: Pick<Run, 'status'>): Html =>
  badge(status === 'delivered' ? 'completed' : status, new Map<string, string>(runStatuses).get(status) ?? status);

/** What became of an attempt, in words. */
export const outcomeOf = ({ http_status, error }: Tried): string =>
  error ?? (http_status === null ? 'delivered' : `delivered, status ${http_status}`);

export const runTable = (items: readonly Run[]): Html =>
  table({
    caption: 'Runs, newest first',
    empty: 'No month has been exported yet. Export one now to see whether the bucket takes it.',
    rows: items,
    columns: [
      {
        head: 'Month',
        isName: true,
        cell: ({ run_id, period }) => html`<a href="/exports/runs/${run_id}">${monthName(period)}</a>`,
      },
      { head: 'Started', cell: ({ created_at, cause }) => html`${time(created_at)}<small>${causes[cause]}</small>` },
      { head: 'Status', cell: runBadge },
      {
        head: 'Last attempt',
        cell: ({ last_attempt }) =>
          last_attempt === null
            ? html`<span class="quiet">none yet</span>`
            : html`${outcomeOf(last_attempt)}<small>${time(last_attempt.attempted_at)}</small>`,
      },
      { head: 'Size', isFigure: true, cell: ({ bytes }) => sizeText(bytes) },
    ],
  });

/** The size of an object; nothing while it is not delivered. */
export const sizeText = (bytes: number | null): string =>
  bytes === null ? '' : `${bytes.toLocaleString('en')} ${bytes === 1 ? 'byte' : 'bytes'}`;
