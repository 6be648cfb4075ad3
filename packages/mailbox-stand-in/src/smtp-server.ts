import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Certificate } from './certificate.ts';
import { type LineChannel, lineChannel } from './line-channel.ts';

/** A mail as it arrived. */
export type ReceivedMail = {
  from: string;
  recipients: readonly string[];
  /** The mail with its headers. */
  raw: string;
  /** Value of the header `Message-ID`, without angle brackets. */
  messageId: string;
  receivedAt: Date;
  /** Whether it came over an encrypted connection. */
  isEncrypted: boolean;
  /** The user that logged in; null: none did. */
  user: string | null;
};

/** A command of a session; for the mail itself its verb is `CONTENT`. */
export type SmtpCommand = {
  verb: string;
  /** The address of MAIL and RCPT, else the rest of the line. */
  argument: string;
  /** Counts the commands of this verb at this server, from 1. */
  count: number;
};

/** How the server answers a command instead of accepting it: with a reply such as `451 try later`, or `silence`, `hang up`, or a reply `without end`. */
export type SmtpFault = string | null;

/** What a server demands and offers besides. */
export type SmtpSecurity = {
  /** `implicit`: every connection is encrypted from its beginning; `starttls`: a client may begin to encrypt it. */
  encryption: 'none' | 'implicit' | 'starttls';
  certificate?: Certificate;
  /** Only who logs in with it may send. */
  login?: { user: string; password: string };
};

export type SmtpServer = {
  readonly url: string;
  readonly received: ReceivedMail[];
  /** The number of connections so far. */
  connections(): number;
  /** Decides how commands are answered; null: each is accepted. With `hang up` after CONTENT the mail has been received. */
  behave(decide: ((command: SmtpCommand) => SmtpFault | Promise<SmtpFault>) | null): void;
  stop(): Promise<void>;
};

/**
 * Starts a mail server that receives everything and sends nothing on, and that misbehaves as a test decides. It knows what a client needs
 * (RFC 5321), with encryption (RFC 3207, RFC 8314) and a login (RFC 4954) if they are asked for, and keeps the mails in memory: the last `most`.
 */
export async function startSmtpServer({
  port = 0,
  most = 1_000,
  onMail,
  security = { encryption: 'none' },
}: {
  port?: number;
  most?: number;
  onMail?: (mail: ReceivedMail) => void;
  security?: SmtpSecurity;
} = {}): Promise<SmtpServer> {
  const received: ReceivedMail[] = [];
  const sockets = new Set<Socket>();
  const counts = new Map<string, number>();
  let connections = 0;
  let decide: ((command: SmtpCommand) => SmtpFault | Promise<SmtpFault>) | null = null;
  const faultOf = async (verb: string, argument: string): Promise<SmtpFault> => {
    const count = (counts.get(verb) ?? 0) + 1;
    counts.set(verb, count);
    return decide === null ? null : await decide({ verb, argument, count });
  };
  const serve = (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    const keep = (mail: ReceivedMail) => {
      received.push(mail);
      if (received.length > most) received.shift();
      onMail?.(mail);
    };
    void serveSession(lineChannel(socket), { faultOf, keep, security }).catch(() => socket.destroy());
  };
  const server =
    security.encryption === 'implicit' ? createTlsServer({ ...security.certificate }, serve) : createServer(serve);
  server.on('tlsClientError', () => undefined);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const scheme = security.encryption === 'implicit' ? 'smtps' : 'smtp';
  return {
    url: `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    connections: () => connections,
    behave: (next) => {
      decide = next;
      counts.clear();
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

type Session = {
  faultOf: (verb: string, argument: string) => Promise<SmtpFault>;
  keep: (mail: ReceivedMail) => void;
  security: SmtpSecurity;
};

const replies: Readonly<Record<string, string>> = {
  HELO: '250 mailbox.example',
  MAIL: '250 2.1.0 sender accepted',
  RCPT: '250 2.1.5 recipient accepted',
  DATA: '354 end with a line that is a dot',
  RSET: '250 2.0.0 reset',
  NOOP: '250 2.0.0 ok',
  QUIT: '221 2.0.0 bye',
};

/** Talks with one client until it leaves. */
async function serveSession(channel: LineChannel, { faultOf, keep, security }: Session): Promise<void> {
  let envelope: { from: string; recipients: string[] } = { from: '', recipients: [] };
  let isEncrypted = security.encryption === 'implicit';
  let user: string | null = null;
  /** Answers a command, unless it is decided otherwise. */
  const answer = async (verb: string, argument: string, reply: string): Promise<'accepted' | 'refused' | 'over'> => {
    const fault = await faultOf(verb, argument);
    if (fault === 'silence') return 'over';
    if (fault === 'hang up') channel.destroy();
    if (fault === 'hang up') return 'over';
    if (fault === 'without end') return await neverEnd(channel);
    channel.write(`${fault ?? reply}\r\n`);
    return fault === null && !/^[45]/.test(reply) ? 'accepted' : 'refused';
  };
  const replyTo = (command: string, rest: string): string => {
    if (command === 'EHLO') return greetingOf(security, isEncrypted);
    if (command === 'STARTTLS' && security.encryption === 'starttls' && !isEncrypted) return '220 2.0.0 begin';
    if (command === 'AUTH' && security.login !== undefined)
      return loginIn(rest) === `${security.login.user}\0${security.login.password}`
        ? '235 2.7.0 welcome'
        : '535 5.7.8 user or password is wrong';
    if (command === 'MAIL' && security.login !== undefined && user === null) return '530 5.7.0 log in first';
    return replies[command] ?? '500 5.5.1 unknown command';
  };
  if ((await answer('CONNECT', '', '220 mailbox.example ESMTP')) === 'over') return;
  for (let line = await channel.next(); line !== null; line = await channel.next()) {
    const [, verb = '', rest = ''] = /^(\w+)\s*(.*)$/.exec(line) ?? [];
    const command = verb.toUpperCase();
    const argument = /<([^>]*)>/.exec(rest)?.[1] ?? rest;
    const outcome = await answer(command, argument, replyTo(command, rest));
    if (outcome === 'over') return;
    if (command === 'QUIT') return channel.destroy();
    if (outcome === 'refused') continue;
    if (command === 'STARTTLS') await channel.encrypt(security.certificate ?? { cert: '', key: '' });
    if (command === 'STARTTLS') isEncrypted = true;
    if (command === 'AUTH') user = security.login?.user ?? null;
    if (command === 'MAIL') envelope = { from: argument, recipients: [] };
    if (command === 'RCPT') envelope.recipients.push(argument);
    if (command !== 'DATA') continue;
    const raw = await contentOf(channel);
    if (raw === null) return;
    const messageId = /^message-id:\s*<([^>]*)>/im.exec(raw)?.[1] ?? '';
    const mail = { ...envelope, raw, messageId, receivedAt: new Date(), isEncrypted, user };
    // What hangs up after the mail has taken it: whether it arrived, the sender cannot know.
    const fault = await faultOf('CONTENT', envelope.recipients[0] ?? '');
    if (fault === null || fault === 'hang up' || fault === 'silence') keep(mail);
    if (fault === 'silence') return;
    if (fault === 'hang up') return channel.destroy();
    channel.write(`${fault ?? '250 2.0.0 taken'}\r\n`);
  }
}

/** Writes a line of a reply again and again until the client leaves. */
async function neverEnd(channel: LineChannel): Promise<'over'> {
  const timer = setInterval(() => channel.write('250-and so on\r\n'), 50);
  while ((await channel.next()) !== null);
  clearInterval(timer);
  return 'over';
}

const greetingOf = ({ encryption, login }: SmtpSecurity, isEncrypted: boolean): string =>
  [
    'mailbox.example',
    '8BITMIME',
    'ENHANCEDSTATUSCODES',
    ...(encryption === 'starttls' && !isEncrypted ? ['STARTTLS'] : []),
    ...(login === undefined ? [] : ['AUTH PLAIN']),
    'SIZE 20000000',
  ]
    .map((line, index, all) => `250${index === all.length - 1 ? ' ' : '-'}${line}`)
    .join('\r\n');

/** The user and password of `AUTH PLAIN`, separated by NUL. */
const loginIn = (rest: string): string =>
  Buffer.from(/^PLAIN\s+(\S+)/i.exec(rest)?.[1] ?? '', 'base64')
    .toString('utf8')
    .replace(/^[^\0]*\0/, '');

/** The mail up to the line that is a dot; null: the client left before it, so that there is no mail (RFC 5321, section 4.1.1.4). */
async function contentOf(channel: LineChannel): Promise<string | null> {
  const kept: string[] = [];
  for (let line = await channel.next(); line !== '.'; line = await channel.next()) {
    if (line === null) return null;
    kept.push(line.startsWith('.') ? line.slice(1) : line);
  }
  return Buffer.from(kept.join('\r\n'), 'latin1').toString('utf8');
}
