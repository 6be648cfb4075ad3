import { gateway, invoicing, notifications } from '@arcadia/contracts';
import { type Route, routes } from '@arcadia/gateway';
import { boundCursor } from '@arcadia/platform';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { twoTenants } from './src/two-tenants.ts';
import { startWholeStack } from './src/whole-stack.ts';

const cursorOf = (key: unknown): string => Buffer.from(JSON.stringify(key)).toString('base64url');

/** Values that no column reads, or none but of its own type. */
const values = [
  ...['x', '\u0000', '-1', '9'.repeat(40), '\ud800', '1e400', 'NaN', 'infinity', '', 'null', '{}', "'"],
  ...['2026-13-45T99:00:00Z', '9999999-01-01T00:00:00Z', '2026-01-01T00:00:00+99:00', '2026-01-01 00:00 Mars/Base'],
];

/** Keys of every length that no list has given. */
const keys = [
  cursorOf({ not: 'a key' }),
  ...values.flatMap((value) => [1, 2, 3, 4, 5].map((length) => cursorOf(Array.from({ length }, () => value)))),
];

/** Cursors of other lists, made up, or damaged. */
const foreign = ['no cursor', '%00', ...keys.slice(0, 31)];

const fieldsOf = ({ contract }: Route): z.ZodRawShape =>
  contract.input instanceof z.ZodObject ? contract.input.shape : {};

const valueOf = (name: string): string =>
  name === 'period' ? '2026-04' : name === 'tenant_id' ? 'acme' : '6f1c7a52-0a52-4b1e-9a57-1d2f6a0c9e01';

/** The address of a list with a value for everything that it requires. */
const urlOf = (route: Route, gateway: string): URL => {
  const url = new URL(
    route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => valueOf(name)),
    gateway,
  );
  for (const [name, field] of Object.entries(fieldsOf(route))) {
    const isRequired = !z.safeParse(field, undefined).success && !route.path.includes(`{${name}}`);
    if (isRequired) url.searchParams.set(name, valueOf(name));
  }
  return url;
};

let stack: Awaited<ReturnType<typeof startWholeStack>>;
beforeAll(async () => {
  stack = await startWholeStack(twoTenants);
  await stack.play();
}, 240_000);
afterAll(() => stack[Symbol.asyncDispose]());

const lists = routes.filter((route) => route.method === 'get' && 'cursor' in fieldsOf(route));

const get = async (url: URL): Promise<{ status: number; text: string }> => {
  const response = await fetch(url, { headers: { authorization: `Bearer ${stack.tokens.operator}` } });
  return { status: response.status, text: await response.text() };
};

test('a list answers a cursor that it did not give with a refusal, never with rows or a server error', async () => {
  expect(lists.length).toBeGreaterThan(20);
  const faults: string[] = [];
  for (const route of lists) {
    const url = urlOf(route, stack.running.gateway);
    for (const cursor of foreign) {
      url.searchParams.set('cursor', cursor);
      const { status, text } = await get(url);
      if (status >= 500 || status === 200) faults.push(`${route.path} ${cursor}: ${status} ${text}`);
    }
  }
  expect(faults).toEqual([]);
}, 240_000);

test('a list answers a key that it did not give with a refusal or with rows, never with a server error, even under its own name', async () => {
  const faults: string[] = [];
  let refused = 0;
  for (const route of lists) {
    const url = urlOf(route, stack.running.gateway);
    const names = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '');
    const filters = {
      ...Object.fromEntries(names.map((name) => [name, valueOf(name)])),
      ...Object.fromEntries(url.searchParams),
    };
    const ask = async (key: string): Promise<void> => {
      const own = new URL(url);
      own.searchParams.set('cursor', boundCursor(route.contract, filters, key) ?? '');
      const { status, text } = await get(own);
      if (status >= 500) faults.push(`${route.path} ${Buffer.from(key, 'base64url')}: ${status} ${text}`);
      if (text.includes('invalid-cursor')) refused += 1;
    };
    for (let from = 0; from < keys.length; from += 20) await Promise.all(keys.slice(from, from + 20).map(ask));
  }
  expect(faults).toEqual([]);
  expect(refused).toBeGreaterThan(lists.length * 40);
}, 240_000);

type Page = { items: unknown[]; next_cursor: string | null; total: number | null };

test('a list counts its rows on request, and refuses its own cursor with other filters and on every other list', async () => {
  const faults: unknown[] = [];
  let ofSeveralPages = 0;
  for (const route of lists) {
    const url = urlOf(route, stack.running.gateway);
    url.searchParams.set('limit', '200');
    const whole = await get(url);
    if (whole.status !== 200) continue;
    const { items, next_cursor, total } = JSON.parse(whole.text) as Page;
    if (total !== (next_cursor === null ? items.length : null)) faults.push([route.path, 'whole', total, items.length]);
    url.searchParams.set('total', 'true');
    const rows = next_cursor === null ? items.length : (JSON.parse((await get(url)).text) as Page).total;
    url.searchParams.delete('total');
    url.searchParams.set('limit', '1');
    const first = JSON.parse((await get(url)).text) as Page;
    url.searchParams.set('total', 'true');
    const counted = JSON.parse((await get(url)).text) as Page;
    if (counted.total !== rows) faults.push([route.path, 'counted', counted.total, rows]);
    if (first.next_cursor === null) continue;
    ofSeveralPages += 1;
    url.searchParams.set('cursor', first.next_cursor);
    const second = await get(url);
    if (second.status !== 200 || (JSON.parse(second.text) as Page).total !== rows)
      faults.push([route.path, 'second page', second.status, second.text.slice(0, 200)]);
    for (const other of lists.filter(({ path }) => path !== route.path)) {
      const foreignUrl = urlOf(other, stack.running.gateway);
      foreignUrl.searchParams.set('cursor', first.next_cursor);
      const answer = await get(foreignUrl);
      if (answer.status !== 400 && answer.status !== 404) faults.push([route.path, other.path, answer.status]);
    }
  }
  expect(faults).toEqual([]);
  expect(ofSeveralPages).toBeGreaterThan(10);
  const url = new URL('/api/v1/deployments?limit=1', stack.running.gateway);
  const { next_cursor } = JSON.parse((await get(url)).text) as Page;
  url.searchParams.set('cursor', next_cursor ?? '');
  expect((await get(url)).status).toBe(200);
  url.searchParams.set('tenant_id', 'acme');
  expect((await get(url)).status).toBe(400);
}, 240_000);

/** Every row of a list, from pages of this size. */
const allOf = async (route: Route, limit: number): Promise<string[]> => {
  const url = urlOf(route, stack.running.gateway);
  url.searchParams.set('limit', String(limit));
  const rows: string[] = [];
  for (;;) {
    const { status, text } = await get(url);
    if (status !== 200) return rows;
    const { items, next_cursor } = JSON.parse(text) as Page;
    rows.push(...items.map((row) => JSON.stringify(row)));
    if (next_cursor === null) return rows;
    url.searchParams.set('cursor', next_cursor);
  }
};

test('small pages of a list hold the same rows in the same order as large ones, each once', async () => {
  const faults: unknown[] = [];
  let ofSeveralPages = 0;
  for (const route of lists) {
    const whole = await allOf(route, 200);
    if (whole.length < 2) continue;
    ofSeveralPages += 1;
    const parts = await allOf(route, Math.min(200, Math.ceil(whole.length / 4)));
    const wrong = parts.findIndex((row, index) => row !== whole[index]);
    if (wrong >= 0 || parts.length !== whole.length)
      faults.push([route.path, whole.length, parts.length, parts[wrong]]);
  }
  expect(faults).toEqual([]);
  expect(ofSeveralPages).toBeGreaterThan(15);
}, 240_000);

/** The texts by which a person may search a row. */
const textsOf = (row: unknown): string[] =>
  Object.entries(row as Record<string, unknown>).flatMap(([name, value]) =>
    /^(name|display_name|slug|plan_code|addon_code|code|url|description|resource_name|number)$/.test(name) &&
    typeof value === 'string'
      ? [value.toLowerCase()]
      : [],
  );

test('a list that is searched shows the rows with the text in any case, takes signs as they are, and no others', async () => {
  const { api } = stack.player;
  await api.request(invoicing.createDiscountCode, {
    code: 'SPRING_25',
    name: 'Spring sale',
    on: 'invoice',
    percent: '1',
  });
  await api.request(invoicing.putAddon, {
    addon_code: 'odd_addon',
    name: '50% more',
    kind: 'bandwidth_gb',
    qty: '1',
    price_cents: 1,
  });
  const endpoint = {
    url: 'http://127.0.0.1:9/hook',
    event_types: ['invoice.paid' as const],
    description: 'Accounting',
  };
  await api.request(notifications.createWebhookEndpoint, endpoint);
  await api.request(gateway.createApiKey, { name: 'Nightly job', role: 'auditor' });
  const searched = lists.filter((route) => 'q' in fieldsOf(route));
  const faults: unknown[] = [];
  let withRows = 0;
  for (const route of searched) {
    const find = async (q: string | null): Promise<unknown[]> => {
      const url = urlOf(route, stack.running.gateway);
      if (q !== null) url.searchParams.set('q', q);
      return (JSON.parse((await get(url)).text) as Page).items;
    };
    const all = await find(null);
    if (all.length === 0) continue;
    withRows += 1;
    const text = all.flatMap(textsOf)[0] ?? '';
    const part = text.slice(1, 6).toUpperCase();
    const found = await find(part);
    if (found.length === 0 || !found.every((row) => textsOf(row).some((each) => each.includes(part.toLowerCase()))))
      faults.push([route.path, part, found]);
    for (const sign of ['%', '_', '\\'])
      if (!(await find(sign)).every((row) => textsOf(row).some((each) => each.includes(sign))))
        faults.push([route.path, sign]);
    if ((await find('no such text')).length > 0) faults.push([route.path, 'everything']);
  }
  expect(faults).toEqual([]);
  expect(withRows).toBeGreaterThan(8);
});
