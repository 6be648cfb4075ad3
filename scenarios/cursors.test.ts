import { type Route, routes } from '@arcadia/gateway';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { twoTenants } from './src/two-tenants.ts';
import { startWholeStack } from './src/whole-stack.ts';

const cursorOf = (key: unknown): string => Buffer.from(JSON.stringify(key)).toString('base64url');

/** Cursors of other lists, made up, or damaged: keys of every length with values that no column reads. */
const foreign = [
  'no cursor',
  '%00',
  cursorOf({ not: 'a key' }),
  ...['x', '\u0000', '-1', '9'.repeat(40), '2026-13-45T99:00:00Z', '\ud800'].flatMap((value) =>
    [1, 2, 3, 4, 5].map((length) => cursorOf(Array.from({ length }, () => value))),
  ),
];

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

test('a list answers a cursor that it did not give with a page or a refusal, never with a server error', async () => {
  await using stack = await startWholeStack(twoTenants);
  await stack.play();
  const lists = routes.filter((route) => route.method === 'get' && 'cursor' in fieldsOf(route));
  expect(lists.length).toBeGreaterThan(20);
  const headers = { authorization: `Bearer ${stack.tokens.operator}` };
  const statuses = new Map<number, number>();
  const faults: string[] = [];
  for (const route of lists) {
    const url = urlOf(route, stack.running.gateway);
    for (const cursor of foreign) {
      url.searchParams.set('cursor', cursor);
      const response = await fetch(url, { headers });
      const text = await response.text();
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
      if (response.status >= 500) faults.push(`${route.path} ${cursor}: ${response.status} ${text}`);
    }
  }
  expect(faults).toEqual([]);
  expect(statuses.get(400)).toBeGreaterThan(lists.length * 5);
}, 240_000);
