import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { makeCertificate, type SmtpSecurity, startSmtpServer } from '@arcadia/mailbox-stand-in';
import { afterAll, expect, test } from 'vitest';
import { type MailAnswer, mailSender } from '../src/clients/send-mail.ts';
import { openMailStage } from './mail-stage.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'mail-ca-'));
const certificate = makeCertificate();
const caFile = path.join(folder, 'ca.pem');
writeFileSync(caFile, certificate.cert);
afterAll(() => rmSync(folder, { recursive: true }));

const login = { user: 'arcadia', password: 'p@ss:w/rd ü' };
const withLogin = (url: string, { user, password } = login): string =>
  url.replace('://', `://${encodeURIComponent(user)}:${encodeURIComponent(password)}@`);

/** Sends one mail to a server of this kind. */
async function sendTo(
  security: SmtpSecurity,
  given: { url?: (url: string) => string; trust?: string; mails?: number } = {},
) {
  const server = await startSmtpServer({ security });
  const { url = (text: string) => text, trust = certificate.cert, mails = 1 } = given;
  writeFileSync(caFile, trust);
  const sender = mailSender({
    ...{ url: url(server.url), connections: 1, timeoutMs: 2_000 },
    caFile: trust === '' ? null : caFile,
  });
  try {
    const answers: MailAnswer[] = [];
    for (let number = 0; number < mails; number += 1)
      answers.push(
        await sender.send({
          ...{ from: { name: 'Arcadia', address: 'billing@arcadia.example' }, to: 'a@acme.example', date: new Date() },
          ...{
            messageId: `${number}@arcadia.example`,
            subject: 'Hello',
            text: '.dot\näöü',
            html: '',
            attachment: null,
          },
        }),
      );
    return { answer: answers[0], answers, received: server.received };
  } finally {
    sender.close();
    await server.stop();
  }
}

test.each(['implicit', 'starttls'] as const)(
  'a mail goes over TLS (%s) with a login, and so do those after it',
  async (encryption) => {
    const { answers, received } = await sendTo({ encryption, certificate, login }, { url: withLogin, mails: 3 });
    expect(answers.map(({ stage, code }) => [stage, code])).toEqual(Array(3).fill(['sent', 250]));
    expect(received.map(({ isEncrypted, user }) => [isEncrypted, user])).toEqual(Array(3).fill([true, 'arcadia']));
  },
);

test('without a password, STARTTLS is used where the server offers it', async () => {
  const { received } = await sendTo({ encryption: 'starttls', certificate });
  expect(received).toMatchObject([{ isEncrypted: true, user: null }]);
});

test.each(['implicit', 'starttls'] as const)(
  'a certificate of an unknown issuer is refused (%s), and the log shows it',
  async (encryption) => {
    const { answer, received } = await sendTo({ encryption, certificate }, { trust: '' });
    expect(answer).toMatchObject({ stage: 'server', code: null });
    expect(answer?.error).toMatch(/self-signed certificate/);
    expect(received).toEqual([]);
  },
);

test('a certificate of another name is refused, though its issuer is trusted', async () => {
  const other = makeCertificate('elsewhere.example');
  const { answer } = await sendTo({ encryption: 'implicit', certificate: other }, { trust: other.cert });
  expect(answer).toMatchObject({ stage: 'server', code: null });
  expect(answer?.error).toMatch(/does not match certificate/);
});

test('a wrong password is the server’s reply in the log, and no word of the password', async () => {
  const wrong = (url: string) => withLogin(url, { user: 'arcadia', password: 'wrong-word' });
  const { answer, received } = await sendTo({ encryption: 'starttls', certificate, login }, { url: wrong });
  expect(answer).toMatchObject({ stage: 'server', code: 535, answer: '535 5.7.8 user or password is wrong' });
  expect(JSON.stringify(answer)).not.toContain('wrong-word');
  expect(received).toEqual([]);
});

test('no login where one is demanded is the server’s reply in the log', async () => {
  const { answer } = await sendTo({ encryption: 'implicit', certificate, login });
  expect(answer).toMatchObject({ code: 530 });
});

test('a password is never sent in the clear to another machine, though the server offers nothing else', async () => {
  // An address that is not known to be this machine; the server is the same.
  const elsewhere = (url: string) => withLogin(url).replace('127.0.0.1', '0.0.0.0');
  const server = await startSmtpServer({ security: { encryption: 'none', login } });
  const commands: string[] = [];
  server.behave(({ verb }) => {
    commands.push(verb);
    return null;
  });
  const sender = mailSender({ url: elsewhere(server.url), connections: 1, timeoutMs: 2_000, caFile: null });
  const answer = await sender.send({
    ...{ from: { name: 'Arcadia', address: 'billing@arcadia.example' }, to: 'a@acme.example', date: new Date() },
    ...{ messageId: '1@arcadia.example', subject: 'Hello', text: 'x', html: '', attachment: null },
  });
  expect(answer).toMatchObject({ stage: 'server' });
  expect(commands).toContain('STARTTLS');
  expect(commands).not.toContain('AUTH');
  expect(commands).not.toContain('MAIL');
  expect(server.received).toEqual([]);
  sender.close();
  await server.stop();
});

test('over TLS with a login, mails of the service wait while the password is wrong and leave once it is right', async () => {
  let isWrong = true;
  await using at = await openMailStage({
    security: { encryption: 'starttls', certificate, login },
    env: (url) => ({ SMTP_URL: withLogin(url), SMTP_CA_PATH: caFile }),
  });
  at.server.behave(({ verb }) => (verb === 'AUTH' && isWrong ? '535 5.7.8 user or password is wrong' : null));
  const { tenant_id } = await at.invoiced(['billing@tls.example']);
  const [refused] = await at.attempted(tenant_id);
  expect(refused).toMatchObject({ status: 'pending', last_attempt: { smtp_code: 535 } });
  const { facts } = await at.stage.running.health();
  expect(facts['mail']).toMatchObject({ warning: expect.stringContaining('535') });
  isWrong = false;
  await at.passed(15);
  expect(await at.attempted(tenant_id, 2)).toMatchObject([{ status: 'delivered' }]);
  expect(at.server.received).toMatchObject([{ isEncrypted: true, user: 'arcadia' }]);
});
