import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Mailbox, startMailbox } from './mailbox.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'mailbox-'));
let mailbox: Mailbox;

beforeAll(async () => {
  mailbox = await startMailbox({ port: 0, folder });
});
afterAll(async () => {
  await mailbox?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const mail = [
  'From: Arcadia <billing@arcadia.example>',
  'To: acme@acme.example',
  'Subject: =?UTF-8?Q?Rechnung_f=C3=BCr_M=C3=A4rz?=',
  'Message-ID: <one@arcadia.example>',
  'MIME-Version: 1.0',
  'Content-Type: multipart/alternative; boundary=b',
  '',
  '--b',
  'Content-Type: text/plain; charset=utf-8',
  'Content-Transfer-Encoding: quoted-printable',
  '',
  'Gr=C3=BC=C3=9Fe',
  '..a line that begins with a dot',
  '--b',
  'Content-Type: text/html; charset=utf-8',
  '',
  '<p>Hello <b>you</b><script>alert(1)</script></p>',
  '--b--',
].join('\r\n');

/** Sends a mail as a client would, a command at a time. */
const sendMail = async (): Promise<void> => {
  const { port } = new URL(mailbox.smtpUrl);
  const socket = connect(Number(port), '127.0.0.1');
  const steps = ['EHLO test', 'MAIL FROM:<a@b.example>', 'RCPT TO:<acme@acme.example>', 'DATA', `${mail}\r\n.`, 'QUIT'];
  for await (const _ of socket) {
    const step = steps.shift();
    if (step === undefined) break;
    socket.write(`${step}\r\n`);
  }
};
const pageAt = async (at: string) => {
  const response = await fetch(`${mailbox.url}${at}`);
  return { text: await response.text(), policy: response.headers.get('content-security-policy') };
};

test('a mail is shown as text, as HTML that cannot run, and as its source, also after a restart', async () => {
  await sendMail();
  expect((await pageAt('/')).text).toContain('Rechnung für März');
  expect((await pageAt('/mails/1')).text).toContain('Grüße\n.a line that begins with a dot');
  const shown = await pageAt('/mails/1/html');
  expect(shown.text).toContain('<b>you</b>');
  expect(shown.policy).toContain("default-src 'none'");
  expect((await pageAt('/mails/1/raw')).text).toContain('Message-ID: <one@arcadia.example>');
  await mailbox.stop();
  mailbox = await startMailbox({ port: 0, folder });
  expect((await pageAt('/')).text).toContain('Rechnung für März');
});

test('a webhook is shown as verified, as repeated, or with what is wrong with its signature', async () => {
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
  mailbox.expectWebhooks(secret);
  const body = '{"type":"invoice.paid","timestamp":"2026-04-01T00:00:00Z","data":{}}';
  const post = (signature: string) =>
    fetch(mailbox.webhookUrl, {
      method: 'POST',
      body,
      headers: {
        'webhook-id': 'one',
        'webhook-timestamp': String(Math.floor(Date.now() / 1_000)),
        'webhook-signature': signature,
      },
    });
  const right = new Webhook(secret).sign('one', new Date(), body);
  expect([(await post(right)).status, (await post(right)).status, (await post('v1,wrong')).status]).toEqual([
    204, 204, 401,
  ]);
  expect(mailbox.webhooks().map(({ fault, isRepeated }) => [fault === null, isRepeated])).toEqual([
    [true, false],
    [true, true],
    [false, true],
  ]);
  expect((await pageAt('/webhooks')).text).toContain('verified');
});
