import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readInvoiceCsv } from './invoice-csv.ts';
import { FileRejected, type InvoiceLine } from './invoice-line.ts';

async function* bytes(text: string, size = 7): AsyncGenerator<Uint8Array> {
  const all = Buffer.from(text, 'utf8');
  for (let offset = 0; offset < all.length; offset += size) yield all.subarray(offset, offset + size);
}

async function read(text: string, size?: number): Promise<InvoiceLine[]> {
  const lines: InvoiceLine[] = [];
  for await (const batch of readInvoiceCsv(bytes(text, size), 'USD').batches) lines.push(...batch);
  return lines;
}

async function faultsOf(text: string) {
  const error = await read(text).then(
    () => null,
    (caught: unknown) => caught,
  );
  if (!(error instanceof FileRejected)) throw new Error(`the file was not rejected: ${String(error)}`);
  return error.faults;
}

const header = 'product,group_description,description,hours,start,end,USD,project_name,category';

describe('billing-ingest: the CSV of a provider invoice', () => {
  test('has on each line its own instants, however many different ones there are and in whatever order (property)', async () => {
    const instant = fc.integer({ min: 0, max: 40_000 }).map((halfHours) =>
      Temporal.Instant.from('2025-01-01T00:00:00Z')
        .add({ minutes: 30 * halfHours })
        .toString(),
    );
    const asWritten = (at: string) => at.replace('T', ' ').replace('Z', ' +0000');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(instant, instant), { minLength: 1, maxLength: 300 }), async (given) => {
        const rows = given.map(([from, to]) => `Droplets,,web,1,${asWritten(from)},${asWritten(to)},$1,ops,iaas`);
        const lines = await read(`${header}\n${rows.join('\n')}\n`, 4_096);
        expect(lines.map(({ start_at, end_at }) => [start_at, end_at])).toEqual(given);
      }),
      { numRuns: 30 },
    );
  });

  test('is read by the names in its header: nine columns, eight, moved ones, unknown ones', async () => {
    const nine = await read(
      `${header}\nDroplets,,web (s-1vcpu-1gb),744,2026-03-01 00:00:00 +0000,2026-04-01 00:00:00 +0000,$6.00,ops,iaas\n`,
    );
    expect(nine).toEqual([
      {
        line_no: 1,
        product: 'Droplets',
        group_description: '',
        description: 'web (s-1vcpu-1gb)',
        project_name: 'ops',
        category: 'iaas',
        hours: '744',
        start_at: '2026-03-01T00:00:00Z',
        end_at: '2026-04-01T00:00:00Z',
        amount: '6',
        provider_ids: [],
      },
    ]);
    const eight = await read(
      'product,group_description,description,hours,start,end,USD,project_name\nDroplets,,web,744,2019-03-01 00:00:00 +0000,2019-04-01 00:00:00 +0000,$6.00,ops\n',
    );
    expect(eight[0]).toMatchObject({ category: null, amount: '6' });
    const moved = await read('USD,colour,description,product\n$1.50,red,thing,Quantum\n');
    expect(moved[0]).toMatchObject({
      product: 'Quantum',
      description: 'thing',
      amount: '1.5',
      hours: null,
      start_at: null,
    });
  });

  test('may have a byte order mark, CRLF, quotes with commas and line breaks, and empty lines', async () => {
    const lines = await read(
      `\uFEFF${header}\r\n\r\n"Droplets","","a ""b"", c\nd (s-1)",1.5,,,"$1,234.56","p, q",\r\nTaxes,,GST (10%),,,,($1.00),,iaas`,
    );
    expect(
      lines.map(({ description, amount, hours, project_name, category }) => [
        description,
        amount,
        hours,
        project_name,
        category,
      ]),
    ).toEqual([
      ['a "b", c\nd (s-1)', '1234.56', '1.5', 'p, q', null],
      ['GST (10%)', '-1', null, '', 'iaas'],
    ]);
  });

  test('is rejected as a whole, with every faulty line', async () => {
    const faults = await faultsOf(
      `${header}\nDroplets,,ok,1,,,$1.00,,\nDroplets,,bad,1,,,one dollar,,\nDroplets,,short,1\nDroplets,,when,1,soon,,$1.00,,\n`,
    );
    expect(faults.map(({ line, column }) => [line, column])).toEqual([
      [3, 'amount'],
      [4, null],
      [5, 'start'],
    ]);
  });

  test('has records with quotes near and far from each other, and a fault after them has its own line', async () => {
    const plain = (name: string) => `Droplets,,${name},1,,,$1.00,,`;
    const many = (count: number) => Array.from({ length: count }, (_, n) => plain(`web-${n}`));
    const quoted = '"Droplets",,"two\nlines, ""and"" a comma",1,,,$1.00,,';
    const text = [header, ...many(3), quoted, plain('between'), quoted, ...many(500), quoted, ...many(2)].join('\n');
    for (const size of [50, 100_000]) {
      const lines = await read(text, size);
      expect(lines.map(({ line_no }) => line_no)).toEqual(Array.from({ length: 509 }, (_, n) => n + 1));
      expect(lines.filter(({ description }) => description === 'two\nlines, "and" a comma')).toHaveLength(3);
      expect([lines[4], lines[508]].map((line) => line?.description)).toEqual(['between', 'web-1']);
    }
    const faults = await faultsOf(`${text}\n${plain('bad').replace('$1.00', 'one dollar')}\n`);
    expect(faults.map(({ line, column }) => [line, column])).toEqual([[text.split('\n').length + 1, 'amount']]);
  });

  test('is rejected if it is empty, lacks required columns or has a broken quote', async () => {
    expect(await faultsOf('')).toHaveLength(1);
    expect((await faultsOf('description,hours\nx,1\n')).map(({ column }) => column)).toEqual(['product', 'amount']);
    expect((await faultsOf(`${header}\nDroplets,,"web" oops,1,,,$1.00,,\n`))[0]?.line).toBe(2);
    expect((await faultsOf(`${header}\nDroplets,,"never closed,1,,,$1.00,,\n`)).length).toBe(1);
    expect((await faultsOf(`${header},product\nDroplets,,x,1,,,$1.00,,,y\n`))[0]?.column).toBe('product');
  });

  test('with an endless line is rejected before it fills the memory', async () => {
    async function* endless() {
      yield Buffer.from(`${header}\n`);
      for (let index = 0; index < 800; index += 1) yield Buffer.alloc(64 * 1024, 'x');
    }
    const reading = (async () => {
      for await (const _ of readInvoiceCsv(endless(), 'USD').batches);
    })();
    await expect(reading).rejects.toBeInstanceOf(FileRejected);
  });

  test('passes a failure of its source on to the reader', async () => {
    async function* broken() {
      yield Buffer.from(`${header}\n`);
      throw new Error('connection reset');
    }
    const reading = (async () => {
      for await (const _ of readInvoiceCsv(broken(), 'USD').batches);
    })();
    await expect(reading).rejects.toThrow('connection reset');
  });

  test('is read as it was written, however it is cut into chunks (property)', async () => {
    const text = fc.string({
      unit: fc.constantFrom('a', 'B', '"', ',', '\n', '\r\n', ' ', '(', 'é', '😀', '=', "'"),
      maxLength: 12,
    });
    const row = fc.record({ product: text, description: text, cents: fc.integer({ min: -1_000_000, max: 1_000_000 }) });
    const quoted = (value: string) => `"${value.replaceAll('"', '""')}"`;
    const money = (cents: number) =>
      `${cents < 0 ? '-' : ''}$${Math.trunc(Math.abs(cents) / 100)}.${String(Math.abs(cents) % 100).padStart(2, '0')}`;
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 8 }), fc.integer({ min: 1, max: 40 }), async (rows, size) => {
        const csv = [
          'product,description,USD',
          ...rows.map((each) => [quoted(each.product), quoted(each.description), money(each.cents)].join(',')),
        ].join('\n');
        const lines = await read(csv, size);
        expect(lines.map(({ product, description }) => [product, description])).toEqual(
          rows.map(({ product, description }) => [product.trim(), description.trim()]),
        );
      }),
      { numRuns: 100 },
    );
  });
});
