import { invoicing, isRefusal, provisioning, type Refusal, serviceActor } from '@arcadia/contracts';
import type { StreamedReply } from '@arcadia/platform';
import type { OutgoingMail } from '../clients/mail-bytes.ts';
import type { MailConfig } from '../config.ts';
import type { Context } from '../context.ts';
import { isAboutDueInvoice } from '../domain/mail/mail-types.ts';
import { type RenderedMail, renderMail } from '../domain/mail/render-mail.ts';
import type { ClaimedMail } from '../store/claim-mails.ts';

type Source = Pick<
  ClaimedMail,
  'notification_id' | 'type' | 'body' | 'language' | 'tenant_name' | 'currency' | 'is_without_document'
>;
type Document = { fileName: string; mediaType: string; content: Buffer };

/** Documents by the notification that they are attached to: several recipients get the same bytes. */
export type Documents = Map<string, Promise<Document | null>>;

/** A mail as it is sent, or why it is not sent. */
export type WrittenMail = { mail: RenderedMail & { attachment: Document | null } } | { isSettled: true };

const actor = serviceActor('notifications');
/** How long another service may take for an answer, and for a document, in milliseconds. */
const deadlineMs = 10_000;
const documentDeadlineMs = 30_000;
const documentsKept = 64;

/**
 * Writes a mail from its notification, with what is due now and with its document.
 * @throws ServiceUnavailable, or Error when the template does not render
 */
export async function writeMail(
  ctx: Context,
  mail: MailConfig,
  source: Source,
  documents: Documents,
): Promise<WrittenMail> {
  const { data } = JSON.parse(source.body) as { data: Readonly<Record<string, unknown>> };
  const amountDueCents = isAboutDueInvoice(source.type) ? await amountDue(ctx, String(data['invoice_id'])) : null;
  if (amountDueCents === 'settled' || (amountDueCents === 0 && source.type !== 'invoice.issued'))
    return { isSettled: true };
  const attachment = source.is_without_document ? null : await documentOf(ctx, mail, { ...source, data }, documents);
  const deployment = source.type === 'alert.raised' ? await deploymentName(ctx, String(data['deployment_id'])) : null;
  const rendered = renderMail({
    ...{ type: source.type, language: source.language, name: source.tenant_name, currency: source.currency, data },
    ...{
      amountDueCents,
      deployment,
      sender: mail.from.name,
      isAttached: attachment !== null,
      link: linkTo(mail, source.type, data),
    },
  });
  return { mail: { ...rendered, attachment } };
}

/** The mail as the client sends it. The date is that of the notification: every attempt sends the same mail. */
export const outgoing = (
  { from }: MailConfig,
  { recipient, notification_id, occurred_at }: Pick<ClaimedMail, 'recipient' | 'notification_id' | 'occurred_at'>,
  mail: RenderedMail & { attachment: Document | null },
): OutgoingMail => ({
  ...{ from, to: recipient, ...mail },
  messageId: `${notification_id}@${from.address.split('@').at(-1)}`,
  date: new Date(occurred_at),
});

/** What is due on an invoice, in cents; `settled` once it is void. */
async function amountDue(ctx: Context, invoice_id: string): Promise<number | 'settled'> {
  const invoice = await ctx.request(invoicing.getInvoice, { invoice_id, limit: 1 }, { actor, deadlineMs });
  if (isRefusal(invoice)) throw new Error(`invoicing refused the invoice ${invoice_id}: ${invoice.detail}`);
  return invoice.status === 'void' ? 'settled' : invoice.amount_due_cents;
}

async function deploymentName(ctx: Context, deployment_id: string): Promise<string | null> {
  const deployment = await ctx.request(provisioning.getDeployment, { deployment_id }, { actor, deadlineMs });
  return isRefusal(deployment) ? null : deployment.display_name;
}

type Documented = Source & { data: Readonly<Record<string, unknown>> };

/** The document of a mail; null: it has none, or it is larger than mails may be. */
function documentOf(
  ctx: Context,
  mail: MailConfig,
  { notification_id, type, data }: Documented,
  documents: Documents,
): Promise<Document | null> {
  const known = documents.get(notification_id);
  if (known !== undefined) return known;
  const reading = readDocument(ctx, mail, type, data);
  documents.set(notification_id, reading);
  reading.catch(() => documents.delete(notification_id));
  for (const oldest of documents.keys()) {
    if (documents.size <= documentsKept) break;
    documents.delete(oldest);
  }
  return reading;
}

async function readDocument(
  ctx: Context,
  { mostAttachedBytes }: MailConfig,
  type: string,
  data: Readonly<Record<string, unknown>>,
): Promise<Document | null> {
  if (mostAttachedBytes === 0) return null;
  const sending = { actor, deadlineMs: documentDeadlineMs };
  if (isAboutDueInvoice(type)) {
    const invoice_id = String(data['invoice_id']);
    return contentOf(await ctx.requestStream(invoicing.getInvoicePdf, { invoice_id }, sending), mostAttachedBytes);
  }
  if (type === 'credit_note.issued') {
    const credit_note_id = String(data['credit_note_id']);
    return contentOf(
      await ctx.requestStream(invoicing.getCreditNotePdf, { credit_note_id }, sending),
      mostAttachedBytes,
    );
  }
  return null;
}

/** The whole file; null: it is larger than `most` bytes. */
async function contentOf(file: StreamedReply | Refusal, most: number): Promise<Document | null> {
  if (isRefusal(file)) throw new Error(`invoicing refused the document: ${file.detail}`);
  const kept: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of file.chunks) {
    size += chunk.length;
    if (size > most) return null;
    kept.push(chunk);
  }
  const { file_name, media_type } = file.head;
  return { fileName: String(file_name), mediaType: String(media_type), content: Buffer.concat(kept) };
}

/** The page of the console that shows what a mail is about, by the field of the notification that names it. */
const pages: Readonly<Record<string, readonly [path: string, field: string]>> = {
  'credit_note.issued': ['/credit-notes', 'credit_note_id'],
  'alert.raised': ['/deployments', 'deployment_id'],
  'saga.failed': ['/sagas', 'saga_id'],
  'bill.unreconciled': ['/bill', 'invoice_uuid'],
  'webhook_endpoint.disabled': ['/webhooks', 'endpoint_id'],
  'scheduled_export.failing': ['/exports', 'export_id'],
  'sweep.parked': ['/inventory/syncs', ''],
};

function linkTo({ consoleUrl }: MailConfig, type: string, data: Readonly<Record<string, unknown>>): string | null {
  if (consoleUrl === null) return null;
  const [path, field] = pages[type] ?? ['/invoices', 'invoice_id'];
  const id = data[field];
  return new URL(typeof id === 'string' ? `${path}/${encodeURIComponent(id)}` : path, consoleUrl).href;
}
