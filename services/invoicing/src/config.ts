import { readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { knownCountry } from '@arcadia/contracts';
import { type FinanceAccess, financeAccess, financeVariables } from '@arcadia/finance';
import { ConfigError, defineConfig, wholeNumber } from '@arcadia/platform';
import { z } from 'zod';
import type { Supplier } from './domain/invoices/party.ts';

export type Config = {
  /** Hours that an invoice stays a draft before it is issued. */
  graceHours: number;
  /** The issuer of the documents, as it is printed on them. */
  supplier: Supplier;
  /** A PNG that is printed on every document; null: none. */
  logo: Uint8Array | null;
  /** How many PDFs are drawn at once, and how many more may wait; the next one is refused. */
  pdf: { threads: number; queue: number };
  /** Null: receivables are not pushed. */
  finance: FinanceAccess | null;
};

/** Text with line breaks; `\n` is one too, because not every way of setting a variable takes real ones. */
const printedLines = (description: string, example: string) =>
  z
    .string()
    .default('')
    .meta({ description: `${description}, with line breaks or \`\\n\` between the lines.`, example });

const variables = {
  ...financeVariables,
  INVOICE_GRACE_HOURS: wholeNumber('hours', { least: 0, most: 720, usual: 0 }).meta({
    description: 'Hours that an invoice stays a draft before it is issued.',
  }),
  INVOICE_SUPPLIER_NAME: z
    .string()
    .default('Arcadia Cloud')
    .meta({ description: 'Name of the supplier, as printed on every document.' }),
  INVOICE_SUPPLIER_ADDRESS: printedLines('Address of the supplier', '1 George Street\\nSydney NSW 2000'),
  INVOICE_SUPPLIER_COUNTRY: knownCountry.default('AU').meta({
    description: 'Country of the supplier (ISO 3166, two letters), by which its registration number is named.',
  }),
  INVOICE_SUPPLIER_ABN: z.string().optional().meta({
    description: "The supplier's Australian Business Number. Without it and an address no document is a tax invoice.",
    example: '53 004 085 616',
  }),
  INVOICE_SUPPLIER_REGISTRATION_NUMBER: z.string().optional().meta({
    description:
      "The supplier's registration number in another country than Australia; instead of `INVOICE_SUPPLIER_ABN`.",
    example: 'GB123456789',
  }),
  INVOICE_SUPPLIER_CONTACT: printedLines('Contact of the supplier, such as an email address', 'billing@example.com'),
  INVOICE_PAYMENT_DETAILS: printedLines('Where to pay to', 'Bank Example\\nBSB 062-000\\nAccount 1234 5678'),
  INVOICE_LOGO: z.string().optional().meta({
    description:
      'A PNG that is printed on every document: its path, or a `data:image/png;base64,` address. At most 512 KiB.',
    example: '/etc/arcadia/logo.png',
  }),
  INVOICE_PDF_THREADS: wholeNumber('threads', { least: 1, most: 64, usual: 1 }).meta({
    description: 'PDFs that are drawn at once; each occupies a processor core.',
  }),
  INVOICE_PDF_QUEUE: wholeNumber('documents', { least: 1, most: 10_000, usual: 32 }).meta({
    description: 'PDFs that wait to be drawn; a further request is answered 503 with `Retry-After`.',
  }),
};

export const parseConfig = defineConfig(
  variables,
  (given): Config => ({
    graceHours: given.INVOICE_GRACE_HOURS,
    supplier: {
      name: given.INVOICE_SUPPLIER_NAME,
      address: linesOf(given.INVOICE_SUPPLIER_ADDRESS),
      country: given.INVOICE_SUPPLIER_COUNTRY,
      registration_number: registrationNumber(given.INVOICE_SUPPLIER_ABN, given.INVOICE_SUPPLIER_REGISTRATION_NUMBER),
      contact: linesOf(given.INVOICE_SUPPLIER_CONTACT),
      payment_details: linesOf(given.INVOICE_PAYMENT_DETAILS),
    },
    logo: given.INVOICE_LOGO === undefined ? null : readLogo(given.INVOICE_LOGO),
    pdf: { threads: given.INVOICE_PDF_THREADS, queue: given.INVOICE_PDF_QUEUE },
    finance: financeAccess(given),
  }),
);

const linesOf = (text: string): string[] =>
  text
    .split(/\r?\n|\\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');

/** An Australian Business Number is the registration number of a supplier in Australia. */
const registrationNumber = (abn: string | undefined, number: string | undefined): string | null => {
  if (abn !== undefined && number !== undefined && abn !== number)
    throw new ConfigError(
      'INVOICE_SUPPLIER_ABN and INVOICE_SUPPLIER_REGISTRATION_NUMBER differ: set one of them, in Australia the ABN.',
    );
  return number ?? abn ?? null;
};

const largestLogoBytes = 512 * 1024;

const readLogo = (from: string): Uint8Array => {
  const bytes = logoBytes(from);
  const fault = bytes.length > largestLogoBytes ? `it has more than ${largestLogoBytes} bytes` : pngFault(bytes);
  if (fault !== null) throw new ConfigError(`INVOICE_LOGO is not usable: ${fault}. Give the path of a PNG file.`);
  return new Uint8Array(bytes);
};

const logoBytes = (from: string): Buffer => {
  const address = /^data:[^,]*,/.exec(from)?.[0];
  if (address !== undefined) return Buffer.from(from.slice(address.length), 'base64');
  try {
    return readFileSync(from);
  } catch (cause) {
    const message = `INVOICE_LOGO names the file ${from}, which cannot be read. Give the path of a PNG file.`;
    throw new ConfigError(message, { cause });
  }
};

const signature = Buffer.from('89504e470d0a1a0a', 'hex');

/** Why bytes are no PNG image, as the end of a sentence; null if they are one. A file that is cut short or altered is none. */
const pngFault = (png: Buffer): string | null => {
  if (!png.subarray(0, signature.length).equals(signature)) return 'it is no PNG image';
  const chunks: string[] = [];
  for (let at = signature.length; at < png.length; ) {
    const end = at + 12 + (at + 8 <= png.length ? png.readUInt32BE(at) : png.length);
    if (end > png.length) return 'the file is cut short';
    if (crc32(png.subarray(at + 4, end - 4)) !== png.readUInt32BE(end - 4)) return 'the file is damaged';
    chunks.push(png.toString('latin1', at + 4, at + 8));
    at = end;
  }
  const isWhole = chunks[0] === 'IHDR' && chunks.includes('IDAT') && chunks.at(-1) === 'IEND';
  return isWhole ? null : 'the file is cut short';
};
