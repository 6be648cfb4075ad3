import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { inflateSync } from 'node:zlib';
import { formatMoney } from '@arcadia/contracts';
import { describe, expect, test } from 'vitest';
import type { Document } from '../../domain/documents/document.ts';
import { drawDocument } from './draw-document.ts';

const names = [
  'Söhne & Ačme Đặng',
  'Ελληνική Εταιρεία',
  'Общество Їжак',
  '株式会社テスト',
  '北京科技有限公司',
  '臺灣體驗',
  '한국 주식회사',
  'شركة الاختبار',
  'חברה בע"מ',
  'บริษัท ทดสอบ จำกัด',
  'नमूना लिमिटेड',
  '₩ ₹ € ¥',
];

const documentOf = (rows: number, fields: Partial<Document> = {}): Document => ({
  title: 'Tax invoice',
  name: 'INV-000001',
  createdAt: '2026-05-01T03:00:00Z',
  author: 'Arcadia',
  parties: [
    { label: 'From', lines: ['Arcadia'], isEmphasised: true },
    { label: 'Bill to', lines: names, isEmphasised: true },
  ],
  facts: [['Number', 'INV-000001']],
  sections: [
    {
      type: 'table',
      heading: 'Details',
      columns: [
        { head: 'Description', align: 'left', width: null },
        { head: 'Amount', align: 'right', width: 90 },
      ],
      groups: [
        {
          heading: 'Shop',
          rows: Array.from({ length: rows }, (_, index) => ({ cells: [`Line ${index}`, '$1.00'], note: 'a note' })),
          subtotal: { label: 'Subtotal Shop', amount: '$1.00' },
        },
      ],
      isOnNewPage: false,
    },
    { type: 'totals', rows: [{ label: 'Total', amount: '$1.00', isEmphasised: true }] },
    { type: 'text', block: { label: 'How to pay', lines: ['by transfer'] } },
  ],
  foot: `Proof: ${'0'.repeat(64)}`,
  ...fields,
});

/** Everything in a PDF that can be read as text, with its streams decompressed. */
const readable = (pdf: Uint8Array): string => {
  const bytes = Buffer.from(pdf);
  const parts = [bytes.toString('latin1')];
  for (let at = bytes.indexOf('stream\n'); at !== -1; at = bytes.indexOf('stream\n', at + 7)) {
    try {
      parts.push(inflateSync(bytes.subarray(at + 7, bytes.indexOf('endstream', at))).toString('latin1'));
    } catch {
      // A stream that is not compressed is in the first part already.
    }
  }
  return parts.join('\n');
};

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const pagesOf = (pdf: Uint8Array): number => (readable(pdf).match(/\/Type \/Page\b/g) ?? []).length;

/** Where texts are drawn, in points from the lower left corner of their page. */
const placesOf = (pdf: Uint8Array): { x: number; y: number }[] =>
  Array.from(readable(pdf).matchAll(/1 0 0 1 ([\d.]+) ([\d.]+) Tm/g), ([, x, y]) => ({ x: Number(x), y: Number(y) }));

const footOf = (pdf: Uint8Array) => placesOf(pdf).filter(({ y }) => y < 62);

describe('documents: a document as PDF', () => {
  test('every character of a name has a glyph, in every script that customers have', async () => {
    const text = readable(await drawDocument(documentOf(1), null));
    const codes = new Set(Array.from(text.matchAll(/<([0-9a-f]{4})>/g), ([, code]) => code));
    const missing = [...new Set(names.join('').replaceAll(' ', ''))].filter(
      (character) => !codes.has(character.charCodeAt(0).toString(16).padStart(4, '0')),
    );
    expect(missing).toEqual([]);
  });

  test('the sign of every currency has a glyph', async () => {
    const amounts = Intl.supportedValuesOf('currency').map((currency) => formatMoney(100, currency));
    const text = readable(await drawDocument(documentOf(1, { foot: amounts.join(' ') }), null));
    const codes = new Set(Array.from(text.matchAll(/<([0-9a-f]{4})>/g), ([, code]) => code));
    const missing = [...new Set(amounts.join('').replaceAll(' ', ''))].filter(
      (character) => !codes.has(character.charCodeAt(0).toString(16).padStart(4, '0')),
    );
    expect(missing).toEqual([]);
  });

  test('equal documents have equal bytes: drawn again, after another one, and by another process', async () => {
    const first = await drawDocument(documentOf(50), null);
    await drawDocument(documentOf(3, { author: 'فاتورة ② non-breaking ﬁ', foot: 'Another' }), null);
    expect(hashOf(await drawDocument(documentOf(50), null))).toBe(hashOf(first));
    const program = `
      import { createHash } from 'node:crypto';
      import { drawDocument } from ${JSON.stringify(new URL('./draw-document.ts', import.meta.url).href)};
      const bytes = await drawDocument(JSON.parse(process.argv[1]), null);
      console.log(createHash('sha256').update(bytes).digest('hex'));`;
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--input-type=module',
      '--eval',
      program,
      JSON.stringify(documentOf(50)),
    ]);
    expect(stdout.trim()).toBe(hashOf(first));
  });

  test('a subtotal has its whole label, however long the name of the deployment is', async () => {
    const sections = documentOf(1).sections.map((section) =>
      section.type === 'table'
        ? {
            ...section,
            groups: section.groups.map((group) => ({
              ...group,
              subtotal: { label: `Subtotal ${'production-web-shop-'.repeat(9)} Ω`, amount: '$1.00' },
            })),
          }
        : section,
    );
    const text = readable(await drawDocument(documentOf(1, { sections, parties: [] }), null));
    expect(text).toContain('<03a9>');
  });

  test('a long table goes on over the pages that it needs', async () => {
    expect(pagesOf(await drawDocument(documentOf(5), null))).toBe(1);
    expect(pagesOf(await drawDocument(documentOf(100), null))).toBe(5);
  });

  test('a mark lies across every page, and a notice makes room for all of its lines', async () => {
    const notice = { title: 'Voided on 3 May 2026: do not pay', lines: ['a reason '.repeat(60), 'Ω'] };
    const marked = await drawDocument(documentOf(40, { mark: 'VOID', notice }), null);
    const pages = pagesOf(marked);
    expect(pages).toBe(pagesOf(await drawDocument(documentOf(40, { notice }), null)));
    expect(readable(marked).match(/\/Gs\d+ gs/g)).toHaveLength(pages);
    expect(readable(marked)).toContain('<03a9>');
    const plain = readable(await drawDocument(documentOf(40), null));
    expect(plain).not.toMatch(/\/Gs\d+ gs/);
  });

  test('a row with a note longer than a page does not stop the document', async () => {
    const document = documentOf(1);
    const [table] = document.sections;
    if (table?.type !== 'table') throw new Error('the first section is a table');
    const long = { cells: ['Tiers', '$1.00'], note: 'ten units at a price, '.repeat(2000) };
    const section = { ...table, groups: [{ heading: 'Shop', rows: [long, long], subtotal: null }] };
    expect(pagesOf(await drawDocument({ ...document, sections: [section] }, null))).toBe(2);
  });

  test('a name of any length leaves the number of the page at the right of the first line of the foot', async () => {
    const short = footOf(await drawDocument(documentOf(1), null));
    const long = footOf(await drawDocument(documentOf(1, { name: 'Statement of '.repeat(12) }), null));
    for (const foot of [short, long]) {
      const first = Math.max(...foot.map(({ y }) => y));
      expect(foot.filter(({ x }) => x > 450)).toEqual([{ x: expect.any(Number), y: first }]);
      expect(Math.min(...foot.map(({ y }) => y))).toBeGreaterThan(12);
    }
    expect(long.length).toBeGreaterThan(short.length);
  });

  test('an amount is not divided between lines, whatever its currency', async () => {
    const amounts = ['KWD 12,345.678', 'KWD 112,345,678.901', '$1.00'];
    const document = documentOf(1);
    const [table] = document.sections;
    if (table?.type !== 'table') throw new Error('the first section is a table');
    const columns = ['Entry', 'Charged', 'Paid', 'Balance'].map((head, index) => ({
      head,
      align: index === 0 ? ('left' as const) : ('right' as const),
      width: index === 0 ? null : 66,
    }));
    const drawn = async (cells: string[]) => {
      const groups = [{ heading: null, rows: [{ cells, note: null }], subtotal: null }];
      const section = { ...table, columns, groups };
      return placesOf(await drawDocument({ ...document, sections: [section] }, null)).length;
    };
    expect(await drawn(['Invoice', ...amounts])).toBe(await drawn(['Invoice', '$1.00', '$2.00', '$3.00']));
  });

  test('totals with long names stay above the foot, wherever on a page the table before them ends', async () => {
    const row = (name: string) => ({ label: `Prepaid: ${name.repeat(60)}`, amount: '-$1.00', isEmphasised: false });
    const totals = { type: 'totals' as const, rows: ['first ', 'second ', 'third '].map(row) };
    const lowest = async (rows: number) => {
      const [table] = documentOf(rows).sections;
      if (table === undefined) throw new Error('the first section is a table');
      const places = placesOf(await drawDocument(documentOf(rows, { sections: [table, totals] }), null));
      return Math.min(...places.map(({ y }) => y));
    };
    const foot = Math.min(...placesOf(await drawDocument(documentOf(1), null)).map(({ y }) => y));
    for (let rows = 4; rows < 18; rows += 1) expect([rows, await lowest(rows)]).toEqual([rows, foot]);
  });

  test('a character without a glyph is drawn as a sign, also where a list of ranges has it', async () => {
    const text = readable(await drawDocument(documentOf(1, { foot: 'தமிழ்' }), null));
    expect(text).toContain('<fffd>');
  });

  test('the logo is part of the file', async () => {
    const png = Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
      'base64',
    );
    expect(readable(await drawDocument(documentOf(1), png))).toContain('/Subtype /Image');
  });
});
