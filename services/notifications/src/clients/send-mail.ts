import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import { createTransport } from 'nodemailer';
import { bytesOfMail, type OutgoingMail } from './mail-bytes.ts';
import { isLoopback } from './public-address.ts';
import { storedText } from './stored-text.ts';

export type MailServer = {
  /** `smtp://` or `smtps://`, with user and password. */
  url: string;
  /** Connections that are open at the same time. */
  connections: number;
  /** How long the server may take for each of its replies, in milliseconds. */
  timeoutMs: number;
  /** File with the authorities that are trusted besides those of Node; null: none. */
  caFile: string | null;
};

/** What came back from the mail server. */
export type MailAnswer = {
  stage: 'server' | 'recipient' | 'content' | 'sent';
  /** Null: there was no reply. */
  code: number | null;
  answer: string | null;
  /** Why the mail was not taken; null: it was. */
  error: string | null;
  /** True: the connection was made and then broke, which may be the fault of this one mail. */
  isBroken: boolean;
  /** True: the mail is larger than the server takes. */
  isTooLarge: boolean;
};

export type MailSender = {
  /**
   * Sends a mail to its one recipient; a failure is part of the result.
   * @throws Error for a mail that cannot be composed, of which nothing was sent
   */
  send(mail: OutgoingMail): Promise<MailAnswer>;
  close(): void;
};

/** The one reply by which a server takes a mail (RFC 5321, section 4.3.2); a server of another protocol may reply with any number. */
const mailTaken = 250;

/** How many replies a mail takes at most, with the greeting, the encryption and the login. */
export const repliesOfMail = 8;

/**
 * Sends mails over a few connections that are kept. Nothing is attached by a path or URL, and a mail whose connection breaks is not sent
 * again here: whether it arrived is not known, and the log shows each attempt. A mail that takes longer than all of its replies may
 * closes the connections: a server that never ends a reply would hold it for ever.
 */
export function mailSender({ url, connections, timeoutMs, caFile }: MailServer): MailSender {
  const connect = () => {
    const transport = createTransport({
      ...{ requireTLS: mustBeEncrypted(url), tls: caFile === null ? {} : { ca: trustedWith(caFile) } },
      ...{ url, pool: true, maxConnections: connections, maxMessages: Number.POSITIVE_INFINITY, maxRequeues: 2 },
      ...{ connectionTimeout: timeoutMs, greetingTimeout: timeoutMs, socketTimeout: timeoutMs, dnsTimeout: timeoutMs },
      ...{ disableFileAccess: true, disableUrlAccess: true },
    });
    // An idle connection that breaks is replaced with the next mail.
    transport.on('error', () => undefined);
    return transport;
  };
  let transport = connect();
  const send: MailSender['send'] = async (mail) => {
    const used = transport;
    const raw = bytesOfMail(mail);
    const sending = used.sendMail({ envelope: { from: mail.from.address, to: mail.to, size: raw.length }, raw });
    const over = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      over.reject(Object.assign(new Error('Timeout'), { code: 'ETIMEDOUT' }));
      if (transport === used) transport = connect();
      used.close({ force: true });
    }, timeoutMs * repliesOfMail);
    try {
      const sent = await Promise.race([sending, over.promise]);
      const reply = replyOf(sent.response);
      if (reply.code === mailTaken) return { ...usual, stage: 'sent', ...reply };
      return { ...usual, stage: 'content', ...reply, error: 'the mail server did not confirm the mail' };
    } catch (error) {
      sending.catch(() => undefined);
      return failureOf(error as SmtpError, timeoutMs);
    } finally {
      clearTimeout(timer);
    }
  };
  return { send, close: () => transport.close({ force: true }) };
}

/** A password is never sent in the clear, whatever a server offers or somebody on the way leaves out of the offer; but to this machine. */
function mustBeEncrypted(url: string): boolean {
  const { password, hostname } = new URL(url);
  return password !== '' && !isLoopback(hostname.replace(/^\[|\]$/g, '')) && hostname !== 'localhost';
}

const trustedWith = (file: string): string[] => [...rootCertificates, readFileSync(file, 'utf8')];

const usual = { code: null, answer: null, error: null, isBroken: false, isTooLarge: false };

type SmtpError = Error & { code?: string; command?: string; response?: string; responseCode?: number };

/** The reply as it is stored: Postgres stores no NUL. */
function replyOf(response: string | undefined): { code: number | null; answer: string | null } {
  if (response === undefined || response === '') return { code: null, answer: null };
  const code = /^\d{3}/.exec(response)?.[0];
  const answer = storedText(response);
  return { code: code === undefined ? null : Number(code), answer };
}

const stages: Readonly<Record<string, MailAnswer['stage']>> = { 'RCPT TO': 'recipient', DATA: 'content' };

const sentences: Readonly<Record<MailAnswer['stage'], string>> = {
  server: 'the mail server refused this system',
  recipient: 'the mail server refused the recipient',
  content: 'the mail server refused the mail',
  sent: '',
};

/** How the text of an error begins when a connection broke that was made before. */
const brokenTexts =
  /^(Connection closed unexpectedly|Timeout|Pooled connection|Server closed|read ECONNRESET|write EPIPE|This operation was aborted)/;

function failureOf(error: SmtpError, timeoutMs: number): MailAnswer {
  const reply = replyOf(error.response);
  const stage = stages[error.command ?? ''] ?? 'server';
  if (reply.code !== null) {
    const isTooLarge = stage === 'content' && (reply.code === 552 || /^\d{3}[ -]5\.3\.4\b/.test(reply.answer ?? ''));
    return { ...usual, stage, ...reply, error: sentences[stage], isTooLarge };
  }
  if (error.code === 'EMESSAGE' && error.command === 'MAIL FROM')
    return { ...usual, stage: 'content', error: 'the mail is larger than the mail server takes', isTooLarge: true };
  const isBroken = brokenTexts.test(error.message);
  if (reply.answer !== null)
    return { ...usual, stage, answer: reply.answer, error: 'the mail server’s reply is not valid SMTP', isBroken };
  const sentence =
    error.code === 'ETIMEDOUT'
      ? `the mail server did not reply within ${timeoutMs} ms`
      : `the connection to the mail server failed: ${storedText(error.message)}`;
  return { ...usual, stage, error: sentence, isBroken };
}
