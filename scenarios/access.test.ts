import { issueToken } from '@arcadia/app';
import { invoicing, type Role } from '@arcadia/contracts';
import { type Route, routes } from '@arcadia/gateway';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  allFrom,
  faultsOf,
  type HttpRequest,
  type Ids,
  referenceKinds,
  referencesOf,
  requestOf,
} from './src/access-matrix.ts';
import { samples } from './src/access-samples.ts';
import { type Answer, alike, withoutOwnCommands } from './src/compare-answers.ts';
import { idsOf, twoTenants } from './src/two-tenants.ts';
import { startWholeStack, type WholeStack } from './src/whole-stack.ts';

type Actor = 'acme' | 'globex' | 'operator' | 'auditor' | 'support' | 'acme-viewer' | 'none';

let stack: WholeStack;
const sides = {} as Record<'acme' | 'globex' | 'missing', Ids>;
const pairs = [
  ['acme', 'globex'],
  ['globex', 'acme'],
] as const;

beforeAll(async () => {
  stack = await startWholeStack(twoTenants);
  await stack.play();
  sides.acme = await idsOf(stack, 'acme');
  sides.globex = await idsOf(stack, 'globex');
  const issue = (subject: Actor, tenantId: string | null, role: Role) =>
    issueToken(stack.home.state.secrets.jwt, { subject, tenantId, role });
  furtherTokens.set('auditor', await issue('auditor', null, 'auditor'));
  furtherTokens.set('support', await issue('support', null, 'support'));
  furtherTokens.set('acme-viewer', await issue('acme-viewer', 'acme', 'tenant_viewer'));
  const kinds = new Set(Object.values(referenceKinds));
  sides.missing = Object.fromEntries(
    [...kinds].map((kind) => [kind, kind === 'tenant' ? 'unknown-tenant' : crypto.randomUUID()]),
  );
}, 240_000);
afterAll(() => stack[Symbol.asyncDispose]());

/** Tokens of roles that the stack itself does not issue. */
const furtherTokens = new Map<Actor, string>();

const tokenOf = (actor: Actor): string | undefined =>
  actor === 'operator' ? stack.tokens.operator : (stack.tokens.tenants[actor] ?? furtherTokens.get(actor));

const send = async (
  actor: Actor,
  { method, path, body }: HttpRequest,
  headers: Record<string, string> = {},
): Promise<Answer> => {
  const token = tokenOf(actor);
  const response = await fetch(new URL(path, stack.running.gateway), {
    method: method.toUpperCase(),
    signal: AbortSignal.timeout(30_000),
    headers: {
      ...headers,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, text: await response.text() };
};

const named = ({ method, path }: Route): string => `${method.toUpperCase()} ${path}`;
const isForTenants = ({ contract }: Route) => contract.roles.includes('tenant');
const isRead = ({ contract }: Route) => contract.effect === 'read';

/** Ids and names that occur only in data of this tenant. */
const marksOf = (tenant: 'acme' | 'globex'): string[] =>
  Object.entries(sides[tenant])
    .filter(([kind]) => kind !== 'saga' && kind !== 'tenant')
    .map(([, id]) => id)
    .concat(tenant, tenant === 'acme' ? '412900001' : '412900002', tenant === 'acme' ? '203.0.113.21' : '203.0.113.22');

/** The ids and names of the other tenant in an answer, without those that the request itself contained. */
const seenOf = (other: 'acme' | 'globex', answer: Answer, { path, body }: HttpRequest): string[] => {
  const sent = `${decodeURIComponent(path)}${JSON.stringify(body) ?? ''}`;
  const text = withoutOwnCommands(path, answer, other);
  return marksOf(other).filter((mark) => text.includes(mark) && !sent.includes(mark));
};

/** All requests to a route in which one reference, or all, belong to the foreign side and the others to the tenant itself. */
const variants = (route: Route, own: Ids, foreign: Ids): { what: string; request: HttpRequest }[] => {
  const { needed, optional } = referencesOf(route, samples);
  const base = allFrom(needed, own);
  const single = [...needed, ...optional].map((name) => ({
    what: `${named(route)} with ${name}`,
    request: requestOf(route, new Map([...base, [name, foreign]]), samples),
  }));
  const all = { what: `${named(route)} with all`, request: requestOf(route, allFrom(needed, foreign), samples) };
  return needed.length > 1 ? [...single, all] : single;
};

test('the access matrix knows every required field of every route and the owner of each reference', () => {
  expect(routes.flatMap((route) => faultsOf(route, samples))).toEqual([]);
  const names = new Set(routes.map(({ contract }) => contract.name));
  expect(Object.keys(samples).filter((name) => !names.has(name))).toEqual([]);
});

test('without a token every route refuses', async () => {
  for (const route of routes)
    for (const ids of [sides.acme, sides.missing]) {
      const answer = await send('none', requestOf(route, allFrom(referencesOf(route, samples).needed, ids), samples));
      expect([named(route), answer.status]).toEqual([named(route), 401]);
    }
});

test('routes for operators are refused to tenants, whether or not the object exists', async () => {
  for (const route of routes.filter((each) => !isForTenants(each))) {
    const { needed } = referencesOf(route, samples);
    const answers: Answer[] = [];
    for (const ids of Object.values(sides)) {
      const answer = await send('acme', requestOf(route, allFrom(needed, ids), samples));
      answers.push(alike(answer, ids));
    }
    expect([named(route), answers.map(({ status }) => status)]).toEqual([named(route), [403, 403, 403]]);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  }
});

test('a request for an object of another tenant gets the same answer as for an object that does not exist', async () => {
  const differing: unknown[] = [];
  for (const [own, other] of pairs)
    for (const route of routes.filter(isForTenants)) {
      const missing = variants(route, sides[own], sides.missing);
      for (const [index, foreign] of variants(route, sides[own], sides[other]).entries()) {
        const none = missing[index] ?? foreign;
        const [theirs, nothing] = [await send(own, foreign.request), await send(own, none.request)];
        const [first, second] = [alike(theirs, sides[other]), alike(nothing, sides.missing)];
        const leaked = seenOf(other, theirs, foreign.request);
        if (first.status !== second.status || first.text !== second.text || leaked.length > 0 || first.status >= 500)
          differing.push({ who: own, what: foreign.what, theirs: first, nothing: second, leaked });
      }
    }
  expect(differing).toEqual([]);
});

test('a tenant reads its own objects and no data of another tenant', async () => {
  const wrong: unknown[] = [];
  let sightings = 0;
  for (const [own, other] of pairs)
    for (const route of routes.filter((each) => isForTenants(each) && isRead(each))) {
      const { needed, optional } = referencesOf(route, samples);
      for (const extra of [[], ...optional.map((name) => [name])]) {
        const request = requestOf(route, allFrom([...needed, ...extra], sides[own]), samples);
        const answer = await send(own, request);
        const leaked = seenOf(other, answer, request);
        if (marksOf(own).some((mark) => answer.text.includes(mark))) sightings += 1;
        if (answer.status !== 200 || leaked.length > 0) wrong.push({ who: own, what: request.path, answer, leaked });
      }
    }
  expect(wrong).toEqual([]);
  // Proves that the search works: a tenant's own ids are found in many answers.
  expect(sightings).toBeGreaterThan(40);
});

test('a cursor of another tenant shows a tenant only its own items', async () => {
  const lists = routes.filter((route) => isForTenants(route) && isRead(route) && named(route).startsWith('GET'));
  let tried = 0;
  for (const route of lists) {
    const { needed } = referencesOf(route, samples);
    const first = requestOf(route, allFrom(needed, sides.globex), { ...samples, [route.contract.name]: { limit: 1 } });
    for (const giver of ['globex', 'operator'] as const) {
      const page = await send(giver, first);
      const cursor = /"next_cursor":"([^"]+)"/.exec(page.text)?.[1];
      if (cursor === undefined) continue;
      tried += 1;
      const sample = { ...samples, [route.contract.name]: { cursor } };
      const request = requestOf(route, allFrom(needed, sides.acme), sample);
      const answer = await send('acme', request);
      expect([named(route), answer.status, seenOf('globex', answer, request)]).toEqual([
        named(route),
        expect.toSatisfy((status: number) => status === 200 || status === 400),
        [],
      ]);
    }
  }
  expect(tried).toBeGreaterThan(3);
});

test('roles and prices in the body of a request are refused', async () => {
  const smuggled = { roles: ['platform_admin'], is_admin: true, price_cents_override: 0, owner: 'globex' };
  for (const route of routes.filter((each) => isForTenants(each) && !['get', 'delete'].includes(each.method))) {
    const request = requestOf(route, allFrom(referencesOf(route, samples).needed, sides.acme), samples);
    for (const [name, value] of Object.entries(smuggled)) {
      const body = Array.isArray(request.body) ? request.body : { ...(request.body as object), [name]: value };
      const answer = await send('acme', { ...request, body }, { 'x-tenant-id': 'globex', 'x-roles': 'platform_admin' });
      // A CloudEvent may have additional attributes; they are not stored.
      const expected = route.contract.name === 'usage.ingest' ? answer.status : 422;
      expect([named(route), name, answer.status]).toEqual([named(route), name, expected]);
    }
  }
});

test('SQL in a filter, an order or a cursor is treated as text and never run', async () => {
  const corpus = ["' OR '1'='1", '1; DROP TABLE audit; --', '%27%20UNION%20SELECT%201', '\\', '"', '$1', "acme' --"];
  for (const route of routes.filter((each) => each.method === 'get')) {
    const { needed, optional } = referencesOf(route, samples);
    const texts = [...optional, ...['cursor', 'q', 'kind', 'status', 'group_by', 'period']];
    const base = requestOf(route, allFrom(needed, sides.acme), samples);
    for (const [index, name] of texts.entries()) {
      const separator = base.path.includes('?') ? '&' : '?';
      const value = corpus[index % corpus.length] ?? '';
      const path = `${base.path}${separator}${name}=${encodeURIComponent(value)}`;
      const answer = await send('operator', { ...base, path });
      expect([path, answer.status]).toEqual([path, expect.toSatisfy((status: number) => status < 500)]);
    }
  }
});

test('the operator may use every route, and no route answers with a server error', async () => {
  for (const route of routes) {
    const { needed } = referencesOf(route, samples);
    const mine = isRead(route) ? [sides.acme, sides.globex, sides.missing] : [sides.missing];
    for (const ids of mine) {
      const request = requestOf(route, allFrom(needed, ids), samples);
      const answer = await send('operator', request);
      expect([named(route), answer]).toEqual([
        named(route),
        {
          status: expect.toSatisfy((status: number) => status < 500 && ![401, 403].includes(status)),
          text: expect.anything(),
        },
      ]);
    }
  }
});

test('a reader of a tenant reads the same as the tenant, of every object of both tenants', async () => {
  const differing: unknown[] = [];
  for (const route of routes.filter((each) => isForTenants(each) && isRead(each) && each.contract.name !== 'me.get'))
    for (const ids of [sides.acme, sides.globex]) {
      const request = requestOf(route, allFrom(referencesOf(route, samples).needed, ids), samples);
      const [theirs, own] = [await send('acme-viewer', request), await send('acme', request)];
      if (theirs.status !== own.status || alike(theirs, {}).text.length !== alike(own, {}).text.length)
        differing.push({ what: request.path, theirs, own });
    }
  expect(differing).toEqual([]);
});

test('an auditor reads every object of every tenant, and support all but costs', async () => {
  const wrong: unknown[] = [];
  for (const route of routes.filter(isRead))
    for (const ids of [sides.acme, sides.globex]) {
      const request = requestOf(route, allFrom(referencesOf(route, samples).needed, ids), samples);
      const [operator, auditor] = [await send('operator', request), await send('auditor', request)];
      if (auditor.status !== operator.status) wrong.push({ what: request.path, auditor, operator });
      const support = await send('support', request);
      const expected = route.contract.roles.includes('support') ? operator.status : 403;
      if (support.status !== expected) wrong.push({ what: request.path, support, operator });
    }
  expect(wrong).toEqual([]);
});

test('an idempotency key takes effect once per tenant and is refused for a different request', async () => {
  const key = crypto.randomUUID();
  const alert = (tenant: 'acme' | 'globex', value: string): HttpRequest => ({
    method: 'post',
    path: '/api/v1/alerts',
    body: { deployment_id: sides[tenant]['deployment'], basis: 'money', value },
  });
  const once = () => send('acme', alert('acme', '7701'), { 'idempotency-key': key });
  const answers = await Promise.all([once(), once(), once()]);
  // A command sent while the first still runs may be refused as in-flight; repeated, it gets the first one's answer.
  const settled = answers.filter(({ status }) => status !== 409);
  expect(new Set(settled.map(({ text }) => text)).size).toBe(1);
  expect(await once()).toEqual(settled[0]);

  const other = await send('acme', alert('acme', '7702'), { 'idempotency-key': key });
  expect([other.status, JSON.parse(other.text).type]).toEqual([422, '/problems/idempotency-key-reused']);
  const theirs = await send('globex', alert('globex', '7701'), { 'idempotency-key': key });
  expect(theirs.status).toBe(settled[0]?.status);
  expect(theirs.text).not.toContain(JSON.parse(settled[0]?.text ?? '').alert_id);

  const valuesOf = async (tenant: string) =>
    (await (await stack.as(tenant)).list(invoicing.listAlerts, {})).map(({ value }) => value);
  expect((await valuesOf('acme')).filter((value) => value.startsWith('77'))).toEqual(['7701']);
  expect((await valuesOf('globex')).filter((value) => value.startsWith('77'))).toEqual(['7701']);
});

test('a tenant may use every route for tenants on its own objects', async () => {
  const refused: unknown[] = [];
  for (const route of routes.filter((each) => isForTenants(each) && !isRead(each))) {
    const request = requestOf(route, allFrom(referencesOf(route, samples).needed, sides.acme), samples);
    const { status, text } = await send('acme', request);
    if ([401, 403, 404].includes(status) || status >= 500) refused.push({ what: named(route), status, text });
  }
  expect(refused).toEqual([]);
});
