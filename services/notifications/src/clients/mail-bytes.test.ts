import { buffer } from 'node:stream/consumers';
import MailComposer from 'nodemailer/lib/mail-composer';
import { expect, test } from 'vitest';
import { bytesOfMail, type OutgoingMail } from './mail-bytes.ts';

const plain: OutgoingMail = {
  from: { name: 'Arcadia Cloud', address: 'billing@arcadia.example' },
  to: 'billing@acme.example',
  messageId: '1@arcadia.example',
  date: new Date('2026-04-01T00:00:00Z'),
  subject: 'Invoice INV-1',
  text: 'Good day,\n\nhere is your invoice.\n.\nKind regards\n',
  html: '<p>Good day</p>',
  attachment: null,
};
const document = { fileName: 'Rechnung Müller.pdf', mediaType: 'application/pdf', content: Buffer.alloc(5_000, 7) };

test.each<[string, Partial<OutgoingMail>]>([
  ['a short text', {}],
  [
    'text and names outside of ASCII',
    {
      from: { name: 'Müller & Söhne', address: 'a@müller.example' },
      subject: 'Rechnung für März – 12,00\u00A0€',
      text: 'Grüße\n',
      html: '<p>Grüße</p>',
    },
  ],
  [
    'lines of any length and end',
    { text: `${'long '.repeat(400)}\r\nshort\n\ntrailing  \n`, html: `<p>${'x'.repeat(2_000)}</p>` },
  ],
  ['a document', { attachment: document, text: '日本語'.repeat(200) }],
])('the bytes of a mail are those that nodemailer streams: %s', async (_, given) => {
  const mail = { ...plain, ...given };
  const { from, to, messageId, date, subject, text, html, attachment } = mail;
  const attachments =
    attachment === null
      ? []
      : [{ filename: attachment.fileName, contentType: attachment.mediaType, content: attachment.content }];
  const streamed = new MailComposer({
    ...{ from, to: { name: '', address: to }, messageId: `<${messageId}>`, date, subject, attachments },
    ...{
      text: text.replaceAll(/\r?\n/g, '\r\n'),
      html,
      headers: { 'Auto-Submitted': 'auto-generated' },
      baseBoundary: 'test',
    },
  }).compile();
  expect(bytesOfMail(mail, 'test').toString()).toBe((await buffer(streamed.createReadStream())).toString());
});

test('no line of a mail ends in anything but CR and LF, whatever a text contains', () => {
  const bytes = bytesOfMail({
    ...plain,
    text: 'a\rb\nc\r\n.\n\r.\r',
    subject: 'a\r\nBcc: somebody@else.example',
  }).toString();
  expect(bytes.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
  expect(bytes).not.toMatch(/^Bcc:/m);
});
