import { randomUUID } from 'node:crypto';
import type { RequestContract } from '@arcadia/contracts';
import { type Route, routes } from '@arcadia/gateway';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Ids, referenceKinds, referencesOf, requestOf } from './src/access-matrix.ts';
import { samples } from './src/access-samples.ts';
import { idsOf, twoTenants } from './src/two-tenants.ts';
import { startWholeStack, type WholeStack } from './src/whole-stack.ts';

let stack: WholeStack;
let ids: Ids;
beforeAll(async () => {
  stack = await startWholeStack(twoTenants);
  await stack.play();
  const nothing = Object.values(referenceKinds).map((kind) => [kind, randomUUID()]);
  ids = { ...Object.fromEntries(nothing), ...(await idsOf(stack, 'acme')) };
});
afterAll(() => stack[Symbol.asyncDispose]());

const routeOf = ({ name }: RequestContract): Route => {
  const route = routes.find(({ contract }) => contract.name === name);
  if (route === undefined) throw new Error(`${name} has no route`);
  return route;
};

const send = async (route: Route, headers: Record<string, string> = {}): Promise<Response> => {
  const references = new Map(referencesOf(route, samples).needed.map((name) => [name, ids]));
  const { path, method, body } = requestOf(route, references, samples);
  return fetch(new URL(path, stack.running.gateway), {
    method: method.toUpperCase(),
    headers: {
      authorization: `Bearer ${stack.tokens.operator}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
};

test('whatever people edit is read with an entity tag, the same as long as nothing changes', async () => {
  const reads = new Map(
    routes.flatMap(({ contract: { edits } }) => (edits === undefined ? [] : [[edits.read.name, edits.read]])),
  );
  expect(reads.size).toBeGreaterThan(10);
  const faults: string[] = [];
  for (const read of reads.values()) {
    const [once, twice] = [await send(routeOf(read)), await send(routeOf(read))];
    const tags = [once.headers.get('etag'), twice.headers.get('etag')];
    const isPresent = once.status === 200;
    if (once.status >= 500 || (isPresent && (tags[0] === null || tags[0] !== tags[1])))
      faults.push(`${read.name}: ${once.status} ${tags.join(' ')}`);
  }
  expect(faults).toEqual([]);
});

test('a change of what has changed since is refused with 412 by every request that edits, and changes nothing', async () => {
  const answers: string[] = [];
  for (const route of routes.filter(({ contract }) => contract.edits !== undefined)) {
    const response = await send(route, { 'if-match': '"of-an-earlier-version"', 'idempotency-key': randomUUID() });
    const { type } = (await response.json()) as { type: string };
    answers.push(`${route.contract.name}: ${response.status} ${type}`);
  }
  expect(answers.filter((text) => !text.endsWith('412 /problems/precondition-failed'))).toEqual([]);
});

test('the present tag, and any tag as *, let a change through once; the same tag does not let a second one through', async () => {
  const address = new URL('/api/v1/tenants/acme/billing-profile', stack.running.gateway);
  const headers = { authorization: `Bearer ${stack.tokens.operator}`, 'content-type': 'application/json' };
  const put = (name: string, ifMatch: string, key = randomUUID()): Promise<Response> =>
    fetch(address, {
      method: 'PUT',
      headers: { ...headers, 'if-match': ifMatch, 'idempotency-key': key },
      body: JSON.stringify({ name }),
    });
  const tag = (await fetch(address, { headers })).headers.get('etag') ?? '';
  // Both saw the same version, and arrive at the same time.
  const both = await Promise.all([put('One', tag), put('Two', tag)]);
  expect(both.map(({ status }) => status).toSorted()).toEqual([200, 412]);
  const loser = both.find(({ status }) => status === 412);
  const { etag } = ((await loser?.json()) ?? {}) as { etag?: string };
  expect((await fetch(address, { headers })).headers.get('etag')).toBe(etag);
  const key = randomUUID();
  expect((await put('Three', `"other", ${etag}`, key)).status).toBe(200);
  // A repetition gets the first answer, although its tag is an earlier one by now.
  expect((await put('Three', `"other", ${etag}`, key)).status).toBe(200);
  expect((await put('Four', '*')).status).toBe(200);
  const unedited = await fetch(new URL('/api/v1/inventory/sync', stack.running.gateway), {
    method: 'POST',
    headers: { ...headers, 'if-match': '"x"' },
    body: '{}',
  });
  expect(unedited.status).toBe(400);
});
