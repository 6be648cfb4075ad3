import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/** A mail as it arrived. */
export type ReceivedMail = {
  from: string;
  recipients: readonly string[];
  /** The mail with its headers. */
  raw: string;
  /** Value of the header `Message-ID`, without angle brackets. */
  messageId: string;
  receivedAt: Date;
};

/** A command of a session; for the mail itself its verb is `CONTENT`. */
export type SmtpCommand = {
  verb: string;
  /** The address of MAIL and RCPT, else the rest of the line. */
  argument: string;
  /** Counts the commands of this verb at this server, from 1. */
  count: number;
};

/** How the server answers a command instead of accepting it: with a reply such as `451 try later`, or `silence`, or `hang up`. */
export type SmtpFault = string | null;

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
 * Starts a mail server that receives everything and sends nothing on, and that misbehaves as a test decides. It knows what a client without
 * encryption and user needs (RFC 5321), and keeps the mails in memory: the last `most`.
 */
export async function startSmtpServer({
  port = 0,
  most = 1_000,
  onMail,
}: {
  port?: number;
  most?: number;
  onMail?: (mail: ReceivedMail) => void;
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
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    void serveSession(socket, faultOf, (mail) => {
      received.push(mail);
      if (received.length > most) received.shift();
      onMail?.(mail);
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`,
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

type FaultOf = (verb: string, argument: string) => Promise<SmtpFault>;

/** Talks with one client until it leaves. */
async function serveSession(socket: Socket, faultOf: FaultOf, keep: (mail: ReceivedMail) => void): Promise<void> {
  let envelope: { from: string; recipients: string[] } = { from: '', recipients: [] };
  /** Answers a command; false ends the session. */
  const answer = async (verb: string, argument: string, reply: string): Promise<'accepted' | 'refused' | 'over'> => {
    const fault = await faultOf(verb, argument);
    if (fault === 'silence') return 'over';
    if (fault === 'hang up') socket.destroy();
    if (fault === 'hang up') return 'over';
    socket.write(`${fault ?? reply}\r\n`);
    return fault === null ? 'accepted' : 'refused';
  };
  try {
    if ((await answer('CONNECT', '', '220 mailbox.example ESMTP')) === 'over') return;
    const lines = linesOf(socket);
    for await (const line of lines) {
      const [, verb = '', rest = ''] = /^(\w+)\s*(.*)$/.exec(line) ?? [];
      const command = verb.toUpperCase();
      const argument = /<([^>]*)>/.exec(rest)?.[1] ?? rest;
      const replies: Readonly<Record<string, string>> = {
        EHLO: '250-mailbox.example\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250 SIZE 20000000',
        HELO: '250 mailbox.example',
        MAIL: '250 2.1.0 sender accepted',
        RCPT: '250 2.1.5 recipient accepted',
        DATA: '354 end with a line that is a dot',
        RSET: '250 2.0.0 reset',
        NOOP: '250 2.0.0 ok',
        QUIT: '221 2.0.0 bye',
      };
      const outcome = await answer(command, argument, replies[command] ?? '500 5.5.1 unknown command');
      if (outcome === 'over' || command === 'QUIT') break;
      if (outcome === 'refused') continue;
      if (command === 'MAIL') envelope = { from: argument, recipients: [] };
      if (command === 'RCPT') envelope.recipients.push(argument);
      if (command !== 'DATA') continue;
      const raw = await contentOf(lines);
      const messageId = /^message-id:\s*<([^>]*)>/im.exec(raw)?.[1] ?? '';
      const mail = { ...envelope, raw, messageId, receivedAt: new Date() };
      // What hangs up after the mail has taken it: whether it arrived, the sender cannot know.
      const fault = await faultOf('CONTENT', envelope.recipients[0] ?? '');
      if (fault === null || fault === 'hang up' || fault === 'silence') keep(mail);
      if (fault === 'silence') break;
      if (fault === 'hang up') return void socket.destroy();
      socket.write(`${fault ?? '250 2.0.0 taken'}\r\n`);
    }
  } catch {
    // The client went away.
  }
}

/** The lines that a client sends, without their ends. */
async function* linesOf(socket: Socket): AsyncGenerator<string, void> {
  let rest = '';
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    rest += chunk.toString('latin1');
    const lines = rest.split('\r\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}

/** The mail up to the line that is a dot. */
async function contentOf(lines: AsyncGenerator<string, void>): Promise<string> {
  const kept: string[] = [];
  for (;;) {
    const { value, done } = await lines.next();
    if (done === true || value === '.') break;
    kept.push(value.startsWith('.') ? value.slice(1) : value);
  }
  return Buffer.from(kept.join('\r\n'), 'latin1').toString('utf8');
}
