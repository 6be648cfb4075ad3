import { once } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { Webhook } from 'standardwebhooks';
import { mailList, mailPage, type ShownMail, type ShownWebhook, shownMail, webhookList } from './pages.ts';
import { type ReceivedMail, startSmtpServer } from './smtp-server.ts';

export type Mailbox = {
  /** The pages that show mails and webhooks. */
  readonly url: string;
  readonly smtpUrl: string;
  /** Where webhooks are posted to. */
  readonly webhookUrl: string;
  /** Verifies webhooks with this secret (`whsec_…`) from now on. */
  expectWebhooks(secret: string): void;
  /** Webhooks so far, oldest first. */
  webhooks(): readonly ShownWebhook[];
  mails(): readonly ReceivedMail[];
  stop(): Promise<void>;
};

/** Deliveries that are kept in memory. */
const webhooksKept = 1_000;
/** The bytes of a webhook's body that are kept. */
const bodyBytes = 200_000;

/**
 * Starts a mailbox for all recipients and a receiver of webhooks, with pages that show both on this machine. Mails and webhooks are kept
 * in `folder`, so they are shown again after a start.
 */
export async function startMailbox({ port, folder }: { port: number; folder: string }): Promise<Mailbox> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const mails = readMails(folder);
  const webhooks = readWebhooks(folder);
  let secret: string | null = null;
  const smtp = await startSmtpServer({
    onMail: (mail) => {
      mails.push(mail);
      writeFileSync(path.join(folder, `${String(mails.length).padStart(6, '0')}.json`), JSON.stringify(mail), {
        mode: 0o600,
      });
    },
  });
  const app = new Hono();
  const shown = async (number: number): Promise<ShownMail | null> => {
    const mail = mails[number - 1];
    return mail === undefined ? null : await shownMail(number, mail);
  };
  app.use('*', async (c, next) => {
    await next();
    // A mail is shown as it is, so nothing in it may run or load.
    c.header(
      'content-security-policy',
      "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self'",
    );
    c.header('x-content-type-options', 'nosniff');
  });
  app.get('/', async (c) => {
    const numbers = mails.map((_, index) => mails.length - index).slice(0, 200);
    const all = await Promise.all(numbers.map(shown));
    return c.html(
      mailList(
        all.filter((mail) => mail !== null),
        webhooks.length,
      ),
    );
  });
  app.get('/mails/:number{\\d+}', async (c) => {
    const mail = await shown(Number(c.req.param('number')));
    return mail === null ? c.notFound() : c.html(mailPage(mail));
  });
  app.get('/mails/:number{\\d+}/html', async (c) => {
    const mail = await shown(Number(c.req.param('number')));
    return mail === null ? c.notFound() : c.html(mail.html);
  });
  app.get('/mails/:number{\\d+}/raw', async (c) => {
    const mail = await shown(Number(c.req.param('number')));
    return mail === null ? c.notFound() : c.text(mail.raw);
  });
  app.get('/mails/:number{\\d+}/attachments/:index{\\d+}', async (c) => {
    const mail = await shown(Number(c.req.param('number')));
    const attachment = mail?.attachments[Number(c.req.param('index'))];
    if (attachment === undefined) return c.notFound();
    c.header('content-type', attachment.mediaType);
    return c.body(attachment.content);
  });
  app.get('/webhooks', (c) => c.html(webhookList(webhooks.toReversed())));
  app.post('/hooks', async (c) => {
    const body = (await c.req.text()).slice(0, bodyBytes);
    const webhook = receivedWebhook(body, c.req.header(), secret, webhooks);
    webhooks.push(webhook);
    if (webhooks.length > webhooksKept) webhooks.shift();
    appendFileSync(path.join(folder, 'webhooks.jsonl'), `${JSON.stringify(webhook)}\n`, { mode: 0o600 });
    return webhook.fault === null ? c.body(null, 204) : c.text(webhook.fault, 401);
  });
  const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port });
  if (!server.listening) await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    smtpUrl: smtp.url,
    webhookUrl: `${url}/hooks`,
    expectWebhooks: (given) => {
      secret = given;
    },
    webhooks: () => webhooks,
    mails: () => mails,
    stop: async () => {
      await smtp.stop();
      server.close();
      if ('closeAllConnections' in server) server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** A webhook with what the check of its signature found, and whether one with its id came before. */
function receivedWebhook(
  body: string,
  headers: Record<string, string>,
  secret: string | null,
  before: readonly ShownWebhook[],
): ShownWebhook {
  const id = headers['webhook-id'] ?? '';
  const isRepeated = before.some((webhook) => webhook.id === id && webhook.fault === null);
  const received = { id, body, isRepeated, receivedAt: new Date().toISOString() };
  if (secret === null) return { ...received, fault: 'the receiver knows no secret' };
  try {
    new Webhook(secret).verify(body, headers);
    return { ...received, fault: null };
  } catch (error) {
    return { ...received, fault: (error as Error).message };
  }
}

function readMails(folder: string): ReceivedMail[] {
  const files = readdirSync(folder).filter((name) => /^\d{6}\.json$/.test(name));
  return files.toSorted().map((name) => {
    const mail = JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as ReceivedMail;
    return { ...mail, receivedAt: new Date(mail.receivedAt) };
  });
}

function readWebhooks(folder: string): ShownWebhook[] {
  const file = path.join(folder, 'webhooks.jsonl');
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return lines.slice(-webhooksKept).map((line) => JSON.parse(line) as ShownWebhook);
}
