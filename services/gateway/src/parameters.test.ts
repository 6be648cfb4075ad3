import { expect, test } from 'vitest';
import { queryNamesOf, queryParameters, rightName } from './parameters.ts';
import { routes } from './routes/index.ts';

const isList = ({ contract: { output } }: (typeof routes)[number]): boolean =>
  'shape' in output && Object.hasOwn(output.shape as object, 'next_cursor');

test('every query parameter of every route has its name in the table of parameters, and each name there is used', () => {
  const used = new Set(routes.flatMap(queryNamesOf));
  expect([...used].filter((name) => !Object.hasOwn(queryParameters, name)).toSorted()).toEqual([]);
  expect(Object.keys(queryParameters).filter((name) => !used.has(name))).toEqual([]);
});

test('every list takes a limit, a cursor and total, and answers with items and their total', () => {
  const lists = routes.filter(isList);
  expect(lists.length).toBeGreaterThan(40);
  for (const route of lists) {
    expect([route.path, queryNamesOf(route)]).toEqual([
      route.path,
      expect.arrayContaining(['limit', 'cursor', 'total']),
    ]);
    const answered = Object.keys((route.contract.output as unknown as { shape: object }).shape);
    expect([route.path, answered]).toEqual([route.path, expect.arrayContaining(['items', 'total'])]);
  }
});

test('a name that a list does not have leads to the right one', () => {
  const known = ['limit', 'cursor', 'tenant_id', 'deployment_id', 'status', 'from', 'to', 'is_overdue', 'sort', 'q'];
  const pairs = {
    tenant: 'tenant_id',
    tenantId: 'tenant_id',
    'tenant-id': 'tenant_id',
    TENANT_ID: 'tenant_id',
    tennant_id: 'tenant_id',
    deployment: 'deployment_id',
    state: 'status',
    since: 'from',
    until: 'to',
    before: 'to',
    overdue: 'is_overdue',
    order_by: 'sort',
    search: 'q',
    per_page: 'limit',
    page: 'cursor',
    colour: null,
    __proto__: null,
    constructor: null,
  };
  for (const [given, right] of Object.entries(pairs)) expect([given, rightName(given, known)]).toEqual([given, right]);
});
