import { notifications } from '@arcadia/contracts';
import { z } from 'zod';
import { type Formats, formatsOf } from './mail-formats.ts';
import type { MailContent } from './mail-words.ts';

const meanings: Readonly<Record<string, string>> = {
  ...notifications.tenantNotifications,
  ...notifications.operatorNotifications,
};

/** What the operator is to do, by what it is mailed of. */
const remedies: Readonly<Record<string, string>> = {
  'sweep.parked': 'Nothing that is missing is taken for deleted until an operator confirms the listing.',
  'bill.unreconciled': 'The costs of the month are not allocated until the difference is explained or accepted.',
  'saga.failed': 'What it left at the provider stays, and may cost money, until an operator tries it again.',
  'webhook_endpoint.disabled': 'Nothing is posted to it until it is enabled again.',
  'scheduled_export.failing':
    'It is tried again for a day, and at its next time. Mend the bucket or its key, or change the export, which is then tried at once.',
};

/**
 * What the operator is mailed: the meaning of the notification, what follows from it, and its plain fields in words.
 * @throws Error when there is no such notification
 */
export function operatorContent(type: string, data: unknown): MailContent {
  const meaning = meanings[type];
  if (meaning === undefined) throw new Error(`there is no template for ${type}`);
  const fields = z.record(z.string(), z.unknown()).parse(data);
  const currency = typeof fields['currency'] === 'string' ? fields['currency'] : null;
  const format = formatsOf('en-AU');
  return {
    subject: meaning.replace(/\.$/, ''),
    paragraphs: [meaning, ...(remedies[type] === undefined ? [] : [remedies[type]])],
    facts: Object.entries(fields).flatMap(([name, value]) => {
      if (hidden.has(name)) return [];
      const text = textOf(name, value, { currency, format });
      return text === null ? [] : [[nameOf(name), text] as const];
    }),
  };
}

/** Fields that mean nothing to a reader of the mail. */
const hidden: ReadonlySet<string> = new Set(['revision', 'current_index', 'part', 'parts']);
/** Fields whose values are codes of ours, such as `resize_droplet`. */
const codes: ReadonlySet<string> = new Set(['kind', 'status', 'because']);

/** A field name in words: `failing_since` is "Failing since", `amount_net_minor` "Amount net", `endpoint_url` "Endpoint URL". */
const nameOf = (field: string): string => {
  const text = field
    .replace(/_(cents|minor|at)$/, '')
    .replaceAll('_', ' ')
    .replaceAll(/\b(id|url|uuid)\b/g, (word) => word.toUpperCase());
  return text.charAt(0).toUpperCase() + text.slice(1);
};

const monthForm = /^\d{4}-(0[1-9]|1[0-2])$/;
const instant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?Z$/;

/** A value in words, of an error its message; null: it is not shown, because it is nothing or a list. */
function textOf(
  name: string,
  value: unknown,
  { currency, format }: { currency: string | null; format: Formats },
): string | null {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number')
    return /_(cents|minor)$/.test(name) && currency !== null
      ? format.amount(value, currency)
      : format.number(String(value));
  if (typeof value === 'object' && value !== null && 'message' in value)
    return typeof value.message === 'string' && value.message !== '' ? value.message : null;
  if (typeof value !== 'string' || value === '') return null;
  if (codes.has(name)) return value.replaceAll('_', ' ');
  if (name === 'period' && monthForm.test(value)) return format.month(value);
  return instant.test(value) ? format.instant(value) : value;
}
