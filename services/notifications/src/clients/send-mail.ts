import { createTransport } from 'nodemailer';

export type MailServer = {
  /** `smtp://` or `smtps://`, with user and password. */
  url: string;
  /** Connections that are open at the same time. */
  connections: number;
  /** How long the server may take for each of its replies, in milliseconds. */
  timeoutMs: number;
};

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
  /** Sends a mail to its one recipient. Never throws: a failure is part of the result. */
  send(mail: OutgoingMail): Promise<MailAnswer>;
  close(): void;
};

/** The characters of a reply that are kept. */
const keptLength = 500;

/**
 * Sends mails over a few connections that are kept. Nothing is attached by a path or URL, and a mail whose connection breaks is not sent
 * again here: whether it arrived is not known, and the log shows each attempt.
 */
export function mailSender({ url, connections, timeoutMs }: MailServer): MailSender {
  const transport = createTransport({
    ...{ url, pool: true, maxConnections: connections, maxMessages: Number.POSITIVE_INFINITY, maxRequeues: 2 },
    ...{ connectionTimeout: timeoutMs, greetingTimeout: timeoutMs, socketTimeout: timeoutMs, dnsTimeout: timeoutMs },
    ...{ disableFileAccess: true, disableUrlAccess: true },
  });
  // An idle connection that breaks is replaced with the next mail.
  transport.on('error', () => undefined);
  return {
    send: async ({ from, to, messageId, date, subject, text, html, attachment }) => {
      try {
        const sent = await transport.sendMail({
          ...{
            from,
            to: { name: '', address: to },
            envelope: { from: from.address, to },
            messageId: `<${messageId}>`,
            date,
          },
          ...{ subject, text, html, headers: { 'Auto-Submitted': 'auto-generated' } },
          attachments:
            attachment === null
              ? []
              : [{ filename: attachment.fileName, contentType: attachment.mediaType, content: attachment.content }],
        });
        return { ...usual, stage: 'sent', ...replyOf(sent.response) };
      } catch (error) {
        return failureOf(error as SmtpError, timeoutMs);
      }
    },
    close: () => transport.close({ force: true }),
  };
}

const usual = { code: null, answer: null, error: null, isBroken: false, isTooLarge: false };

type SmtpError = Error & { code?: string; command?: string; response?: string; responseCode?: number };

/** The reply as it is stored: Postgres stores no NUL. */
function replyOf(response: string | undefined): { code: number | null; answer: string | null } {
  if (response === undefined || response === '') return { code: null, answer: null };
  const code = /^\d{3}/.exec(response)?.[0];
  const answer = response.slice(0, keptLength).replaceAll('\0', '\uFFFD');
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
  const sentence =
    error.code === 'ETIMEDOUT'
      ? `the mail server did not reply within ${timeoutMs} ms`
      : `the connection to the mail server failed: ${error.message.slice(0, keptLength)}`;
  return { ...usual, stage, error: sentence, isBroken };
}
