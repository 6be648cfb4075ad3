import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parseConfig } from './config.ts';

const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const folder = mkdtempSync(join(tmpdir(), 'arcadia-logo-'));
const file = (name: string, bytes: Uint8Array | string): string => {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
};
const whole = Buffer.from(png, 'base64');
afterAll(() => rmSync(folder, { recursive: true }));

describe('invoicing: its configuration', () => {
  test('blank variables are absent, and lines are given by line breaks or by \\n', () => {
    const config = parseConfig({
      INVOICE_SUPPLIER_NAME: 'Arcadia Hosting Pty Ltd',
      INVOICE_SUPPLIER_ADDRESS: '1 High St\n\nSydney NSW 2000',
      INVOICE_SUPPLIER_ABN: '53 004 085 616',
      INVOICE_SUPPLIER_REGISTRATION_NUMBER: '',
      INVOICE_PAYMENT_DETAILS: 'BSB 062-000\\nAccount 1234 5678',
      INVOICE_LOGO: ' ',
    });
    expect(config.supplier).toEqual({
      name: 'Arcadia Hosting Pty Ltd',
      address: ['1 High St', 'Sydney NSW 2000'],
      country: 'AU',
      registration_number: '53 004 085 616',
      contact: [],
      payment_details: ['BSB 062-000', 'Account 1234 5678'],
    });
    expect(config.logo).toBe(null);
  });

  test.each<[Record<string, string>, RegExp]>([
    [{ INVOICE_SUPPLIER_COUNTRY: 'Australia' }, /INVOICE_SUPPLIER_COUNTRY/],
    [{ INVOICE_SUPPLIER_COUNTRY: 'UK' }, /INVOICE_SUPPLIER_COUNTRY.*United Kingdom is GB/],
    [{ INVOICE_SUPPLIER_ABN: '1', INVOICE_SUPPLIER_REGISTRATION_NUMBER: '2' }, /INVOICE_SUPPLIER_ABN and .* differ/],
    [{ INVOICE_PDF_THREADS: '0' }, /INVOICE_PDF_THREADS/],
    [{ INVOICE_LOGO: join(folder, 'absent.png') }, /INVOICE_LOGO names the file .*absent\.png, which cannot be read/],
    [{ INVOICE_LOGO: file('logo.txt', 'hello') }, /INVOICE_LOGO is not usable: it is no PNG image/],
    [{ INVOICE_LOGO: file('short.png', whole.subarray(0, -8)) }, /INVOICE_LOGO is not usable: the file is cut short/],
    [{ INVOICE_LOGO: file('altered.png', whole.with(45, 1)) }, /INVOICE_LOGO is not usable: the file is damaged/],
    [{ INVOICE_LOGO: 'data:image/jpeg;base64,/9j/4AAQSkZJRg==' }, /INVOICE_LOGO is not usable: it is no PNG image/],
  ])('%o is refused', (env, message) => {
    expect(() => parseConfig(env)).toThrow(message);
  });

  test('the logo is a file or a data address', () => {
    expect(parseConfig({ INVOICE_LOGO: file('logo.png', whole) }).logo).toEqual(new Uint8Array(whole));
    expect(parseConfig({ INVOICE_LOGO: `data:image/png;base64,${png}` }).logo).toEqual(new Uint8Array(whole));
  });
});
