import MailComposer from 'nodemailer/lib/mail-composer';
import type MimeNode from 'nodemailer/lib/mime-node';
import { encode, wrap } from 'nodemailer/lib/qp';

const lineLength = 76;

export type OutgoingMail = {
  from: { name: string; address: string };
  to: string;
  /** Without angle brackets. */
  messageId: string;
  date: Date;
  subject: string;
  text: string;
  html: string;
  attachment: { fileName: string; mediaType: string; content: Buffer } | null;
};

/**
 * The bytes of a mail as nodemailer composes it, all at once: its streams, several for each part, cost more than the rest of
 * the composition, and each chunk of theirs is a write to the socket.
 */
export function bytesOfMail(mail: OutgoingMail, boundary?: string): Buffer {
  const { from, to, messageId, date, subject, text, html, attachment } = mail;
  const attachments =
    attachment === null
      ? []
      : [{ filename: attachment.fileName, contentType: attachment.mediaType, content: attachment.content }];
  const composer = new MailComposer({
    ...{ from, to: { name: '', address: to }, messageId: `<${messageId}>`, date, subject, text, html, attachments },
    ...{ headers: { 'Auto-Submitted': 'auto-generated' }, disableFileAccess: true, disableUrlAccess: true },
    ...(boundary === undefined ? {} : { baseBoundary: boundary }),
  });
  const parts: string[] = [];
  addNode(parts, composer.compile());
  return Buffer.from(parts.join(''), 'utf8');
}

/** A part with its headers and, of one that is divided, the parts within it. */
function addNode(parts: string[], node: MimeNode): void {
  parts.push(node.buildHeaders(), '\r\n\r\n');
  if (node.content !== undefined) parts.push(encoded(node));
  if (typeof node.boundary !== 'string') return;
  for (const [index, child] of node.childNodes.entries()) {
    parts.push(index === 0 ? '' : '\r\n', '--', node.boundary, '\r\n');
    addNode(parts, child);
  }
  parts.push('\r\n--', node.boundary, '--\r\n');
}

/** The content in the encoding that nodemailer chose for it when it built the headers. Every line ends alike, whatever a text contains. */
function encoded(node: MimeNode): string {
  const { content } = node;
  if (typeof content !== 'string' && !(content instanceof Buffer)) throw new TypeError('a part of a mail is a stream');
  const bytes = typeof content === 'string' ? Buffer.from(content.replaceAll(/\r\n|\r|\n/g, '\r\n')) : content;
  const encoding = node.getTransferEncoding();
  if (encoding === 'quoted-printable') return wrap(encode(bytes), lineLength);
  if (encoding === 'base64') return bytes.toString('base64').replaceAll(/.{76}(?=.)/g, '$&\r\n');
  return bytes.toString('utf8');
}
