import { invoicing, usageKinds } from '@arcadia/contracts';
import { z } from 'zod';
import { kindWords, unitWords } from './kind-words.ts';
import { type Formats, formatsOf } from './mail-formats.ts';
import { isTenantMail, type TenantMail } from './mail-types.ts';
import type { InvoiceWords, MailContent, MailWords } from './mail-words.ts';
import { operatorContent } from './operator-mail.ts';
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
  const isForTenant = isTenantMail(source.type);
  const content = isForTenant
    ? contentOf(source.type as TenantMail, source, language)
    : operatorContent(source.type, source.data);
  const paragraphs = [language.greeting(source.name === null ? null : oneLine(source.name)), ...content.paragraphs];
  const closing = [language.closing(source.sender), language.automatic];
  const linkText = isForTenant ? language.link : 'Open it in the console';
  const parts = { paragraphs, facts: content.facts, link: source.link, linkText, closing };
  return {
    subject: plain(oneLine(content.subject)),
    text: plain(textOf(parts)),
    html: htmlOf({ ...parts, subject: content.subject }, source.language),
  };
}

/** Readers of plain text may show a no-break space as a sign of its own. */
const plain = (text: string): string => text.replaceAll('\u00A0', ' ');

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

function alertContent({ data, currency, deployment, language }: MailSource, words: MailWords): MailContent {
  const { threshold, reached, kind, period, deployment_id } = alertShape.parse(data);
  const format = formatsOf(words.locale);
  const valueOf = (value: string): string => {
    if (threshold.basis === 'included_percent') return format.percent(value);
    if (threshold.basis === 'hard_cap') {
      const unit = kind === null ? undefined : usageKinds[kind]?.unit;
      return unit === undefined ? format.number(value) : `${format.number(value)}\u00A0${unitWords(unit, language)}`;
    }
    const cents = /^-?\d+/.exec(value)?.[0] ?? '0';
    // Crossings of earlier versions name no currency.
    const own = threshold.currency ?? currency;
    return own === null ? value : format.amount(Number(cents), own);
  };
  return words.alert({
    basis: threshold.basis,
    kind: kind === null ? null : kindWords(kind, language),
    threshold: valueOf(threshold.value),
    reached: valueOf(reached),
    month: format.month(period),
    deployment: deployment ?? deployment_id,
  });
}

type Parts = {
  paragraphs: readonly string[];
  facts: MailContent['facts'];
  link: string | null;
  linkText: string;
  closing: readonly string[];
};

function textOf({ paragraphs, facts, link, linkText, closing }: Parts): string {
  const width = Math.max(0, ...facts.map(([name]) => name.length));
  const table = facts.map(([name, value]) => `${name}:${' '.repeat(width - name.length)} ${oneLine(value)}`).join('\n');
  return `${[...paragraphs, table, link === null ? '' : `${linkText}: ${link}`, ...closing].filter((part) => part !== '').join('\n\n')}\n`;
}

const escaped = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (sign) => `&#${sign.codePointAt(0)};`).replaceAll('\n', '<br>');

/** For readers that show mails in dark colours; the others keep what stands at each element. */
const darkStyle =
  '<style>:root{color-scheme:light dark}@media (prefers-color-scheme:dark){body{background:#161616!important;color:#e6e6e6!important}th{color:#a8a8a8!important}a{color:#8ab4f8!important}}</style>';

function htmlOf(
  { subject, paragraphs, facts, link, linkText, closing }: Parts & { subject: string },
  language: string,
): string {
  const paragraph = (text: string) => `<p style="margin:0 0 16px">${escaped(text)}</p>`;
  const cell = 'style="padding:4px 16px 4px 0;text-align:left;vertical-align:top;font-weight:normal';
  const row = ([name, value]: readonly [string, string]) =>
    `<tr><th scope="row" ${cell};white-space:nowrap;color:#555">${escaped(name)}</th><td ${cell}">${escaped(value)}</td></tr>`;
  return [
    `<!doctype html><html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">`,
    `<meta name="color-scheme" content="light dark">${darkStyle}<title>${escaped(oneLine(subject))}</title></head>`,
    '<body style="margin:0;padding:24px;font:16px/1.5 system-ui,sans-serif;color:#1a1a1a;background:#fff"><div style="max-width:600px;overflow-wrap:anywhere">',
    ...paragraphs.map(paragraph),
    `<table style="border-collapse:collapse;margin:0 0 16px">${facts.map(row).join('')}</table>`,
    link === null
      ? ''
      : `<p style="margin:0 0 16px"><a href="${escaped(link)}" style="color:#0b57d0">${escaped(linkText)}</a></p>`,
    ...closing.map(paragraph),
    '</div></body></html>',
  ].join('');
}
