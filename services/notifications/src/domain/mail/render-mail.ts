import { formatMinor, invoicing, notifications } from '@arcadia/contracts';
import { z } from 'zod';
import { isTenantMail, type TenantMail } from './mail-types.ts';
import type { InvoiceWords, MailContent, MailWords } from './mail-words.ts';
import { german } from './words-de.ts';
import { english } from './words-en.ts';

/** All that a mail is written from. */
export type MailSource = {
  type: string;
  language: 'en' | 'de';
  /** Name of the tenant; null: the operator. */
  name: string | null;
  /** The name of the sender, which closes the mail. */
  sender: string;
  /** Currency of the tenant's amounts, for alerts. */
  currency: string | null;
  data: unknown;
  /** What is still due on the invoice, in cents; null for mails about something else. */
  amountDueCents: number | null;
  /** The name of the deployment that an alert is about. */
  deployment: string | null;
  isAttached: boolean;
  /** Where the customer finds the document; null: nowhere. */
  link: string | null;
};

export type RenderedMail = { subject: string; text: string; html: string };

const words = { en: english, de: german };

/**
 * Writes a mail as plain text and as HTML.
 * @throws Error when the data of the notification lacks what the template needs
 */
export function renderMail(source: MailSource): RenderedMail {
  const language = words[source.language];
  const content = isTenantMail(source.type) ? contentOf(source.type, source, language) : operatorContent(source);
  const paragraphs = [language.greeting(oneLine(source.name ?? source.sender)), ...content.paragraphs];
  const closing = [language.closing(source.sender), language.automatic];
  return {
    subject: oneLine(content.subject),
    text: textOf({ paragraphs, facts: content.facts, link: source.link, closing }),
    html: htmlOf({ ...content, paragraphs, link: source.link, linkText: language.link, closing }, source.language),
  };
}

/** A subject is one line, whatever stands in a name: a header ends where its line ends. */
const oneLine = (text: string): string => text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();

const issued = invoicing.invoiceIssued.data;
const invoiceShape = z.object({
  number: issued.shape.number,
  period: issued.shape.period,
  currency: issued.shape.currency,
  total_cents: issued.shape.total_cents,
  due_on: issued.shape.due_on,
});
const voidedShape = invoiceShape
  .omit({ due_on: true })
  .extend({ reason: z.string(), replaced_by: z.string().nullable() });
const creditShape = invoiceShape.omit({ due_on: true }).extend({ reason: z.string() });
const reminderShape = invoiceShape.extend({ days_until_due: z.int() });
const alertShape = invoicing.alertCrossed.data;

function contentOf(type: TenantMail, source: MailSource, language: MailWords): MailContent {
  const { data, isAttached } = source;
  const format = formatsOf(language.locale);
  if (type === 'invoice.voided') {
    const { number, period, currency, total_cents, reason, replaced_by } = voidedShape.parse(data);
    const common = { number, month: format.month(period), total: format.amount(total_cents, currency) };
    return language.voided({ ...common, reason, isReplaced: replaced_by !== null });
  }
  if (type === 'credit_note.issued') {
    const { number, period, currency, total_cents, reason } = creditShape.parse(data);
    const common = { number, month: format.month(period), total: format.amount(total_cents, currency) };
    return language.credited({ ...common, reason, isAttached });
  }
  if (type === 'alert.raised') return alertContent(source, language);
  const invoice = invoiceWords(source, format);
  if (type === 'invoice.issued') return language.issued(invoice);
  if (type === 'invoice.overdue') return language.overdue(invoice);
  return language.reminder(invoice, reminderShape.parse(data).days_until_due);
}

function invoiceWords({ data, amountDueCents, isAttached }: MailSource, format: Formats): InvoiceWords {
  const { number, period, currency, total_cents, due_on } = invoiceShape.parse(data);
  const due = amountDueCents ?? total_cents;
  return {
    number,
    month: format.month(period),
    total: format.amount(total_cents, currency),
    amountDue: format.amount(due, currency),
    isNothingDue: due <= 0,
    dueOn: format.day(due_on),
    isAttached,
  };
}

function alertContent({ data, currency, deployment }: MailSource, language: MailWords): MailContent {
  const { threshold, reached, kind, period, deployment_id } = alertShape.parse(data);
  const format = formatsOf(language.locale);
  const valueOf = (value: string): string => {
    if (threshold.basis === 'included_percent') return `${format.number(value)} %`;
    if (threshold.basis === 'hard_cap') return format.number(value);
    const cents = /^-?\d+/.exec(value)?.[0] ?? '0';
    // Crossings of earlier versions name no currency.
    const own = threshold.currency ?? currency;
    return own === null ? value : format.amount(Number(cents), own);
  };
  return language.alert({
    basis: threshold.basis,
    kind: kind === null ? null : kind.replaceAll('_', ' '),
    threshold: valueOf(threshold.value),
    reached: valueOf(reached),
    month: format.month(period),
    deployment: deployment ?? deployment_id,
  });
}

/** What the operator is mailed is the meaning of the notification and its plain fields. */
function operatorContent({ type, data }: MailSource): MailContent {
  const meanings: Readonly<Record<string, string>> = {
    ...notifications.tenantNotifications,
    ...notifications.operatorNotifications,
  };
  const meaning = meanings[type];
  if (meaning === undefined) throw new Error(`there is no template for ${type}`);
  const fields = Object.entries(z.record(z.string(), z.unknown()).parse(data));
  const plain = fields.filter(([, value]) => value === null || ['string', 'number', 'boolean'].includes(typeof value));
  return {
    subject: `${type}: ${meaning}`,
    paragraphs: [meaning],
    facts: plain.map(([name, value]) => [name.replaceAll('_', ' '), value === null ? 'none' : String(value)] as const),
  };
}

type Formats = {
  amount: (cents: number, currency: string) => string;
  number: (decimal: string) => string;
  day: (day: string) => string;
  month: (period: string) => string;
};

/** Formats of a language. Amounts and quantities are formatted from their decimal text, which is exact. */
function formatsOf(locale: string): Formats {
  const dated = (options: Intl.DateTimeFormatOptions, day: string): string =>
    new Intl.DateTimeFormat(locale, { ...options, timeZone: 'UTC' }).format(new Date(`${day}T00:00:00Z`));
  const decimal = (text: string): Intl.StringNumericLiteral => text as Intl.StringNumericLiteral;
  return {
    amount: (cents, currency) =>
      new Intl.NumberFormat(locale, { style: 'currency', currency, currencyDisplay: 'code' })
        .format(decimal(formatMinor(cents, currency)))
        .replaceAll('\u00A0', ' '),
    number: (text) => new Intl.NumberFormat(locale, { maximumFractionDigits: 2 }).format(decimal(text)),
    day: (day) => dated({ day: 'numeric', month: 'long', year: 'numeric' }, day),
    month: (period) => dated({ month: 'long', year: 'numeric' }, `${period}-01`),
  };
}

type Parts = {
  paragraphs: readonly string[];
  facts: MailContent['facts'];
  link: string | null;
  closing: readonly string[];
};

function textOf({ paragraphs, facts, link, closing }: Parts): string {
  const width = Math.max(0, ...facts.map(([name]) => name.length));
  const table = facts.map(([name, value]) => `${name}:${' '.repeat(width - name.length)} ${oneLine(value)}`).join('\n');
  return `${[...paragraphs, table, link ?? '', ...closing].filter((part) => part !== '').join('\n\n')}\n`;
}

const escaped = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (sign) => `&#${sign.codePointAt(0)};`).replaceAll('\n', '<br>');

function htmlOf(
  { subject, paragraphs, facts, link, linkText, closing }: Parts & { subject: string; linkText: string },
  language: string,
): string {
  const paragraph = (text: string) => `<p style="margin:0 0 16px">${escaped(text)}</p>`;
  const cell = 'style="padding:4px 16px 4px 0;text-align:left;vertical-align:top;font-weight:normal';
  const row = ([name, value]: readonly [string, string]) =>
    `<tr><th scope="row" ${cell};color:#555">${escaped(name)}</th><td ${cell}">${escaped(value)}</td></tr>`;
  return [
    `<!doctype html><html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">`,
    `<title>${escaped(oneLine(subject))}</title></head>`,
    '<body style="margin:0;padding:24px;font:16px/1.5 system-ui,sans-serif;color:#1a1a1a;background:#fff"><div style="max-width:600px">',
    ...paragraphs.map(paragraph),
    `<table style="border-collapse:collapse;margin:0 0 16px">${facts.map(row).join('')}</table>`,
    link === null
      ? ''
      : `<p style="margin:0 0 16px"><a href="${escaped(link)}" style="color:#0b57d0">${escaped(linkText)}</a></p>`,
    ...closing.map(paragraph),
    '</div></body></html>',
  ].join('');
}
