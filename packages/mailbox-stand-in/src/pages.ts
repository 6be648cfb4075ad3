import { html, raw } from 'hono/html';
import PostalMime from 'postal-mime';
import type { ReceivedMail } from './smtp-server.ts';

type Page = ReturnType<typeof html>;

/** A mail as a reader of mails shows it. */
export type ShownMail = {
  number: number;
  recipients: string;
  subject: string;
  date: string;
  messageId: string;
  text: string;
  html: string;
  raw: string;
  attachments: readonly { name: string; mediaType: string; content: ArrayBuffer }[];
};

/** A webhook with what the check of its signature found: null if it was right. */
export type ShownWebhook = { id: string; body: string; isRepeated: boolean; receivedAt: string; fault: string | null };

/** Reads a mail by its MIME parts (RFC 2045). */
export async function shownMail(number: number, mail: ReceivedMail): Promise<ShownMail> {
  const parsed = await PostalMime.parse(mail.raw, { attachmentEncoding: 'arraybuffer' });
  return {
    number,
    recipients: mail.recipients.join(', '),
    subject: parsed.subject ?? '',
    date: parsed.date ?? mail.receivedAt.toISOString(),
    messageId: mail.messageId,
    text: parsed.text ?? '',
    html: parsed.html ?? '',
    raw: mail.raw,
    attachments: parsed.attachments.map(({ filename, mimeType, content }) => ({
      name: filename ?? 'attachment',
      mediaType: mimeType,
      content: content as ArrayBuffer,
    })),
  };
}

const style = raw(`<style>
  body { margin: 0 auto; padding: 1.5rem; max-width: 72rem; font: 16px/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff; }
  nav a { margin-right: 1rem; } a { color: #0b57d0; } table { border-collapse: collapse; width: 100%; }
  th, td { text-align: left; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid #ddd; vertical-align: top; overflow-wrap: anywhere; } .time { white-space: nowrap; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; background: #f5f5f5; padding: 1rem; } iframe { width: 100%; height: 32rem; border: 1px solid #ddd; }
  .ok { color: #116329; } .fault { color: #a40e26; }
  @media (max-width: 40rem) {
    body { padding: 1rem; } table, tbody, tr, td { display: block; } th { display: none; }
    tr { padding: .5rem 0; border-bottom: 1px solid #ddd; } td { padding: 0; border: 0; }
  }
  @media (prefers-color-scheme: dark) { body { color: #e6e6e6; background: #161616; } a { color: #8ab4f8; } pre { background: #242424; } tr, th, td { border-color: #444; } .ok { color: #7ee787; } .fault { color: #ff7b72; } iframe { background: #fff; } }
</style>`);

const page = (title: string, content: Page): Page => html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width" />
    <title>${title}</title>
    ${style}
  </head>
  <body>
    <nav><a href="/">Mails</a><a href="/webhooks">Webhooks</a></nav>
    <h1>${title}</h1>
    ${content}
  </body>
</html>`;

const dayAndTime = (text: string): string => new Date(text).toISOString().slice(0, 16).replace('T', ' ');

/** The list of mails, newest first. */
export const mailList = (mails: readonly ShownMail[], webhooks: number): Page =>
  page(
    'Test mailbox',
    html`<p>Every mail that this system sent. None of them left this machine. <a href="/webhooks">${webhooks} webhooks</a> arrived.</p>
      ${mails.length === 0 ? html`<p>None yet. A tenant gets mails once its billing profile has recipients and an invoice is issued.</p>` : ''}
      <table>
        <tr><th>Date</th><th>To</th><th>Subject</th></tr>
        ${mails.map(
          (mail) =>
            html`<tr><td class="time">${dayAndTime(mail.date)}</td><td>${mail.recipients}</td><td><a href="/mails/${mail.number}">${mail.subject}</a></td></tr>`,
        )}
      </table>`,
  );

/** A mail as text and as HTML, with its attachments and its source. */
export const mailPage = (mail: ShownMail): Page =>
  page(
    mail.subject,
    html`<p>To ${mail.recipients}, ${dayAndTime(mail.date)} UTC. Message-ID ${mail.messageId}. <a href="/mails/${mail.number}/raw">Source</a></p>
      ${mail.attachments.map(
        ({ name, content }, index) =>
          html`<p><a href="/mails/${mail.number}/attachments/${index}">${name}</a> (${Math.ceil(content.byteLength / 1_000)} kB)</p>`,
      )}
      <h2>As text</h2>
      <pre>${mail.text}</pre>
      <h2>As HTML</h2>
      <iframe src="/mails/${mail.number}/html" sandbox title="The mail as HTML"></iframe>`,
  );

/** The webhooks, newest first, each with what the check of its signature found. */
export const webhookList = (webhooks: readonly ShownWebhook[]): Page =>
  page(
    'Webhooks',
    html`<p>What the operator’s endpoint got. The receiver checks each signature (Standard Webhooks) and knows a repetition by its id.</p>
      ${webhooks.length === 0 ? html`<p>None yet: nothing has happened since the receiver was started.</p>` : ''}
      <table>
        <tr><th>Arrived</th><th>Type</th><th>Signature</th><th>Id and body</th></tr>
        ${webhooks.map(
          ({ id, body, receivedAt, fault, isRepeated }) => html`<tr>
            <td class="time">${dayAndTime(receivedAt)}</td>
            <td>${typeOf(body)}</td>
            <td>${fault === null ? html`<span class="ok">verified</span>` : html`<span class="fault">${fault}</span>`}${isRepeated ? ', repeated' : ''}</td>
            <td><details><summary>${id}</summary><pre>${body}</pre></details></td>
          </tr>`,
        )}
      </table>`,
  );

function typeOf(body: string): string {
  try {
    return String((JSON.parse(body) as { type?: unknown }).type);
  } catch {
    return 'unreadable';
  }
}
