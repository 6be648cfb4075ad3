import { usageKinds } from '@arcadia/contracts';
import { expect, test } from 'vitest';
import { operatorMails, tenantMails } from './mail-types.ts';
import { type MailSource, renderMail } from './render-mail.ts';

const invoice = {
  ...{ invoice_id: '00000000-0000-4000-8000-000000000001', tenant_id: 'acme', number: 'INV-000042', period: '2026-03' },
  ...{
    currency: 'EUR',
    total_cents: 123456,
    due_on: '2026-04-15',
    days_until_due: 3,
    reason: 'agreed',
    replaced_by: null,
  },
};
const alert = {
  ...{ alert_id: '00000000-0000-4000-8000-000000000002', tenant_id: 'acme', period: '2026-03', kind: 'droplet_hours' },
  ...{ deployment_id: '00000000-0000-4000-8000-000000000003', crossed_at: '2026-03-20T00:00:00Z' },
  ...{ threshold: { basis: 'included_percent', value: '80' }, reached: '81.25' },
};
const source = (type: string, given: Partial<MailSource> = {}): MailSource => ({
  ...{ type, language: 'en', name: 'Acme', sender: 'Arcadia Cloud', currency: 'EUR', amountDueCents: 123456 },
  ...{ deployment: 'Acme Shop', isAttached: true, link: 'https://console.example/invoices/1' },
  data: type === 'alert.raised' ? alert : invoice,
  ...given,
});

test.each(tenantMails.flatMap((type) => [[type, 'en'] as const, [type, 'de'] as const]))(
  '%s is written in %s, whole, as text and as HTML',
  (type, language) => {
    const { subject, text, html } = renderMail(source(type, { language }));
    for (const part of [subject, text, html]) expect(part).not.toMatch(/undefined|null|NaN|\[object/);
    expect(subject.length).toBeGreaterThan(10);
    expect(html).toContain(`<html lang="${language}">`);
    expect(text.includes('INV-000042')).toBe(type !== 'alert.raised');
    expect(text).toContain('https://console.example/invoices/1');
  },
);

test.each(operatorMails)('the operator is mailed of %s in words, with its plain fields', (type) => {
  const data = {
    ...{ kind: 'droplet', missing: 12, list: [1], since: null, is_forced: true, currency: 'USD' },
    ...{ difference_minor: -3000, failing_since: '2026-03-20T10:00:00Z' },
  };
  const { subject, text } = renderMail(source(type, { name: null, data }));
  expect(subject).not.toMatch(/[._]/);
  for (const line of ['Kind:', 'Missing:', 'Difference:', 'Failing since:', 'Is forced:']) expect(text).toContain(line);
  for (const value of ['-USD 30.00', '20 March 2026, 10:00 UTC']) expect(text).toContain(value);
  expect(text).not.toMatch(/List:|Since: *null|none/);
  expect(text).toMatch(/^Good day,\n/);
});

test.each(['en', 'de'] as const)('no mail in %s shows a code instead of words', (language) => {
  for (const kind of Object.keys(usageKinds))
    for (const basis of ['included_percent', 'hard_cap'] as const) {
      const data = { ...alert, kind, threshold: { basis, value: '80' } };
      const { subject, text, html } = renderMail(source('alert.raised', { language, data, link: null }));
      for (const part of [subject, text, html]) expect(part).not.toMatch(/[a-z]_[a-z]/);
    }
});

test('a mail can be read in dark colours, and its text names its link', () => {
  const { text, html } = renderMail(source('invoice.issued'));
  expect(html).toContain('<meta name="color-scheme" content="light dark">');
  expect(text).toContain('Open your account: https://console.example/invoices/1');
});

test('amounts and days are written as in the language, exactly', () => {
  const large = { ...invoice, currency: 'JPY', total_cents: 9007199254740991 };
  const english = renderMail(source('invoice.issued', { data: large, amountDueCents: 9007199254740991 })).text;
  expect(english).toContain('JPY 9,007,199,254,740,991');
  const german = renderMail(source('invoice.issued', { language: 'de' })).text;
  expect(german).toContain('1.234,56 EUR');
  expect(german).toContain('15. April 2026');
  expect(
    renderMail(
      source('alert.raised', {
        data: { ...alert, kind: null, threshold: { basis: 'money', value: '500' }, reached: '501' },
      }),
    ).text,
  ).toContain('EUR 5.01');
  const yen = { ...alert, kind: null, threshold: { basis: 'money', value: '500', currency: 'JPY' }, reached: '501' };
  expect(renderMail(source('alert.raised', { data: yen })).text).toContain('JPY 501');
});

test('an invoice on which nothing is due asks for nothing', () => {
  const { text } = renderMail(source('invoice.issued', { amountDueCents: 0 }));
  expect(text).toContain('Nothing is due on it.');
  expect(text).not.toContain('Please pay');
});

test('whatever stands in a name is text: no line of the subject and no HTML is made of it', () => {
  const evil = '"><img src=x onerror=alert(1)>\r\nBcc: all@acme.example\u2028x';
  const { subject, html } = renderMail(source('invoice.issued', { name: evil, data: { ...invoice, number: evil } }));
  expect(subject).not.toMatch(/[\r\n\u2028]/);
  expect(html).not.toContain('<img');
});

test('data that lacks what the template needs is an error that names it', () => {
  expect(() => renderMail(source('invoice.issued', { data: {} }))).toThrow(/number/);
  expect(() => renderMail(source('no.such.type'))).toThrow('there is no template for no.such.type');
});

test('the operator reads why something failed, and names and months in words', () => {
  const data = {
    ...{ saga_id: '1', kind: 'resize_droplet', status: 'failed', revision: 7, current_index: 1, period: '2026-03' },
    ...{ endpoint_url: 'https://s3.example', error: { code: 'unprocessable', message: 'droplet limit reached' } },
  };
  const { text } = renderMail(source('saga.failed', { name: null, data }));
  for (const fact of ['Saga ID: ', 'resize droplet', 'droplet limit reached', 'Endpoint URL: ', 'March 2026'])
    expect(text).toContain(fact);
  expect(text).not.toMatch(/resize_droplet|Revision|Current index/);
});

test.each(['en', 'de'] as const)('a mail in %s is still true if it arrives days later', (language) => {
  const { subject, text } = renderMail(
    source('invoice.reminder', { language, data: { ...invoice, days_until_due: -7 } }),
  );
  expect(`${subject} ${text}`).not.toMatch(/\b7\b|today|heute|ago|vor /);
});

test('shares are written as in the language', () => {
  const percent = (language: 'en' | 'de') => renderMail(source('alert.raised', { language })).text;
  expect([percent('en'), percent('de')]).toEqual([expect.stringContaining('80%'), expect.stringContaining('80 %')]);
});

test('in narrow readers no name of a fact is cut, and no number is parted from its unit', () => {
  const { html } = renderMail(source('invoice.issued', { language: 'de' }));
  for (const [, style] of html.matchAll(/<th [^>]*style="([^"]*)"/g)) expect(style).toContain('white-space:nowrap');
  expect(html).toContain('1.234,56\u00A0EUR');
});
