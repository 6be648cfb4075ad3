import {
  billingIngest,
  drift,
  inventorySync,
  invoicing,
  metering,
  provisioning,
  type RequestContract,
} from '@arcadia/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ConsoleStage, openConsoleStage, operator, textOf } from './src/console-stage.ts';

let stage: ConsoleStage;
beforeAll(async () => {
  stage = await openConsoleStage();
});
afterAll(() => stage[Symbol.asyncDispose]());

type Row = Record<string, unknown>;

/** Every list that can be sorted, with the columns of its contract. */
const sorted = [
  inventorySync.listResources,
  invoicing.listInvoices,
  invoicing.listTenants,
  provisioning.listDeployments,
  provisioning.listSagas,
  drift.listDrift,
  billingIngest.listProviderInvoices,
  metering.listPeriods,
];

const sortsOf = ({ input }: RequestContract): string[] => {
  const { sort } = (input as unknown as { shape: { sort: { unwrap(): { options: string[] } } } }).shape;
  return sort.unwrap().options;
};

const pagesOf = async (contract: RequestContract, sort: string, limit: number): Promise<Row[]> =>
  (await stage.stack.player.api.list(contract, { sort, limit } as never)) as Row[];

const valueOf = (row: Row, column: string): string | number => {
  const value = row[column];
  if (typeof value === 'number') return value;
  // A tenant or a resource is sorted by its name whatever its case; what has no date comes last.
  return value === null
    ? column === 'due_on'
      ? '9999'
      : ''
    : column.endsWith('name')
      ? String(value).toLowerCase()
      : String(value);
};

test.each(sorted)('$name returns every row once in each of its orders, page by page', async (contract) => {
  const all = (await stage.stack.player.api.list(contract, {} as never)) as Row[];
  expect(all.length).toBeGreaterThan(0);
  const key = Object.keys(all[0] ?? {}).find((name) => /_(id|uuid)$/.test(name)) ?? 'period';
  const ids = all.map((row) => row[key]).toSorted();
  for (const sort of sortsOf(contract)) {
    const rows = await pagesOf(contract, sort, 1);
    expect([sort, rows.map((row) => row[key]).toSorted()]).toEqual([sort, ids]);
    const values = rows.map((row) => valueOf(row, sort.replace('-', '')));
    const ascending = sort.startsWith('-') ? values.toReversed() : values;
    const inOrder = ascending.every((value, index) => index === 0 || (ascending[index - 1] ?? value) <= value);
    expect([sort, inOrder, values]).toEqual([sort, true, values]);
  }
});

test('a cursor of another order is refused, and a list has headings that sort it', async () => {
  const { api } = stage.stack.player;
  const page = await api.request(inventorySync.listResources, { sort: '-name', limit: 1 });
  await expect(
    api.request(inventorySync.listResources, { sort: 'name', limit: 1, cursor: page.next_cursor ?? '' }),
  ).rejects.toMatchObject({ status: 400 });
  const visitor = await stage.signIn(operator);
  const first = await visitor.get('/inventory');
  expect(first.html).toContain('href="/inventory?sort=name"');
  const byName = await visitor.get('/inventory?sort=name&kind=droplet');
  expect(byName.html).toContain('aria-sort="ascending"');
  expect(byName.html).toContain('href="/inventory?kind=droplet&amp;sort=-name"');
  expect(textOf((await visitor.get('/tenants?sort=-outstanding_cents')).html)).toContain('Outstanding ↓');
  const unknown = await visitor.get('/inventory?sort=colour');
  expect(unknown.status).toBe(422);
});
