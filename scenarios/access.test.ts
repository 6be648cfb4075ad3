import { randomUUID } from 'node:crypto';
import { invoicing } from '@arcadia/contracts';
import { type Route, routes } from '@arcadia/gateway';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type Ask,
  allFrom,
  askOf,
  faultsOf,
  type Ids,
  referenceKinds,
  referencesOf,
  type Samples,
} from './src/access-matrix.ts';
import { idsOf, twoTenants } from './src/two-tenants.ts';
import { startWholeStack, type WholeStack } from './src/whole-stack.ts';

/** A good value for whatever is required and belongs to nobody. */
const samples: Samples = {
  'sagas.start': { kind: 'echo' },
  'sagas.quote': { kind: 'provision_droplet', inputs: { name: 'x', size_slug: 's-1vcpu-1gb', region: 'syd1' } },
  'specs.set': { provider_id: '1', spec: { size_slug: 's-1vcpu-1gb' } },
  'drift.ignore': { reason: 'as it is' },
  'deployments.create': { slug: 'another' },
  'deployments.transition': { to: 'paused' },
  'metering-config.put': { kind: 'bandwidth_gb' },
  'metering.run': { first_day: '2026-04-01' },
  'periods.get': { period: '2026-04' },
  'periods.close': { period: '2026-04' },
  'usage.ingest': { reports: [] },
  'reconciliation.get': { period: '2026-03' },
  'allocation-rule.put': { line_class: 'tax', from_period: '2030-01', rule: { by: 'none' } },
  'plans.create': { plan_code: 'access_plan', name: 'Access', base_price_cents: 1 },
  'plans.put': { plan_code: 'access_plan', base_price_cents: 1 },
  'plan-versions.create': { plan_code: 'access_plan', base_price_cents: 1 },
  'plan-versions.update': { plan_code: 'access_plan', version: 1, base_price_cents: 1 },
  'plan-versions.publish': { plan_code: 'access_plan', version: 1 },
  'plan-versions.retire': { plan_code: 'access_plan', version: 1 },
  'plan-versions.delete': { plan_code: 'access_plan', version: 1 },
  'addons.put': { addon_code: 'access_addon', kind: 'bandwidth_gb', qty: '1', price_cents: 1 },
  'prices.put': { kind: 'bandwidth_gb', unit_price_cents: '2' },
  'quotes.create': { plan_code: 'pro' },
  'subscriptions.subscribe': { plan_code: 'pro' },
  'subscriptions.change-plan': { plan_code: 'pro' },
  'subscriptions.attach-addon': { addon_code: 'llm_1m' },
  'invoices.run': { period: '2026-04' },
  'proofs.start': { period: '2026-04' },
  'replays.start': { period: '2026-04' },
  'replays.list': { period: '2026-04' },
  'proofs.list': { period: '2026-04' },
  'manual-lines.create': { description: 'by hand', unit_price_cents: '1' },
  'invoices.void': { reason: 'access' },
  'invoices.pay': { reference: 'access' },
  'invoices.credit': { reason: 'access' },
  'alerts.create': { basis: 'money', value: '1' },
};

type Actor = 'acme' | 'globex' | 'operator' | 'none';
type Answer = { status: number; text: string };

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
  const kinds = new Set(Object.values(referenceKinds));
  sides.missing = Object.fromEntries(
    [...kinds].map((kind) => [kind, kind === 'tenant' ? 'nobody-we-know' : randomUUID()]),
  );
}, 240_000);
afterAll(() => stack[Symbol.asyncDispose]());

const tokenOf = (actor: Actor): string | undefined =>
  actor === 'operator' ? stack.tokens.operator : stack.tokens.tenants[actor];

const send = async (
  actor: Actor,
  { method, path, body }: Ask,
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
const isForTenants = ({ contract }: Route): boolean => contract.roles.includes('tenant');
const isRead = ({ contract }: Route): boolean => contract.effect === 'read';

/** The same answer to the letter, but for the id that was asked for and the request's own. */
const alike = ({ status, text }: Answer, ids: Ids): Answer => ({
  status,
  text: Object.values(ids)
    .reduce((shown, id) => shown.replaceAll(id, '<id>'), text)
    .replace(/"request_id":"[^"]*"/, ''),
});

/** Words that only one side's things bear. */
const marksOf = (tenant: 'acme' | 'globex'): string[] =>
  Object.entries(sides[tenant])
    .filter(([kind]) => kind !== 'saga' && kind !== 'tenant')
    .map(([, id]) => id)
    .concat(tenant, tenant === 'acme' ? '412900001' : '412900002', tenant === 'acme' ? '203.0.113.21' : '203.0.113.22');

/** A tenant may meet what it has sent itself; it must not meet anything of the other beyond that. */
const seenOf = (other: 'acme' | 'globex', { text }: Answer, ask: Ask): string[] => {
  const sent = `${decodeURIComponent(ask.path)}${JSON.stringify(ask.body) ?? ''}`;
  return marksOf(other).filter((mark) => text.includes(mark) && !sent.includes(mark));
};

/** Every way in which one reference of a request can be of a certain side while the rest is the asker's own. */
const variants = (route: Route, own: Ids, foreign: Ids): { what: string; ask: Ask }[] => {
  const { needed, optional } = referencesOf(route, samples);
  const base = allFrom(needed, own);
  const single = [...needed, ...optional].map((name) => ({
    what: `${named(route)} with ${name}`,
    ask: askOf(route, new Map([...base, [name, foreign]]), samples),
  }));
  const all = { what: `${named(route)} with all`, ask: askOf(route, allFrom(needed, foreign), samples) };
  return needed.length > 1 ? [...single, all] : single;
};

test('every route is in the matrix: what it needs and whose it is are known', () => {
  expect(routes.flatMap((route) => faultsOf(route, samples))).toEqual([]);
  const names = new Set(routes.map(({ contract }) => contract.name));
  expect(Object.keys(samples).filter((name) => !names.has(name))).toEqual([]);
});

test('without a token no route answers anything', async () => {
  for (const route of routes)
    for (const ids of [sides.acme, sides.missing]) {
      const answer = await send('none', askOf(route, allFrom(referencesOf(route, samples).needed, ids), samples));
      expect([named(route), answer.status]).toEqual([named(route), 401]);
    }
});

test('what is for operators is refused to tenants, whether it exists or not', async () => {
  for (const route of routes.filter((each) => !isForTenants(each))) {
    const { needed } = referencesOf(route, samples);
    const answers: Answer[] = [];
    for (const ids of Object.values(sides)) {
      const answer = await send('acme', askOf(route, allFrom(needed, ids), samples));
      answers.push(alike(answer, ids));
    }
    expect([named(route), answers.map(({ status }) => status)]).toEqual([named(route), [403, 403, 403]]);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  }
});

test('what is another tenant’s answers exactly as what does not exist', async () => {
  const differing: unknown[] = [];
  for (const [own, other] of pairs)
    for (const route of routes.filter(isForTenants)) {
      const missing = variants(route, sides[own], sides.missing);
      for (const [index, foreign] of variants(route, sides[own], sides[other]).entries()) {
        const none = missing[index] ?? foreign;
        const [theirs, nothing] = [await send(own, foreign.ask), await send(own, none.ask)];
        const [first, second] = [alike(theirs, sides[other]), alike(nothing, sides.missing)];
        const leaked = seenOf(other, theirs, foreign.ask);
        if (first.status !== second.status || first.text !== second.text || leaked.length > 0 || first.status >= 500)
          differing.push({ who: own, what: foreign.what, theirs: first, nothing: second, leaked });
      }
    }
  expect(differing).toEqual([]);
});

test('a tenant sees its own, and nothing of the other anywhere', async () => {
  const wrong: unknown[] = [];
  let sightings = 0;
  for (const [own, other] of pairs)
    for (const route of routes.filter((each) => isForTenants(each) && isRead(each))) {
      const { needed, optional } = referencesOf(route, samples);
      for (const extra of [[], ...optional.map((name) => [name])]) {
        const ask = askOf(route, allFrom([...needed, ...extra], sides[own]), samples);
        const answer = await send(own, ask);
        const leaked = seenOf(other, answer, ask);
        if (marksOf(own).some((mark) => answer.text.includes(mark))) sightings += 1;
        if (answer.status !== 200 || leaked.length > 0) wrong.push({ who: own, what: ask.path, answer, leaked });
      }
    }
  expect(wrong).toEqual([]);
  // The marks are worth something: one's own are met all over.
  expect(sightings).toBeGreaterThan(40);
});

test('another’s cursor leads a tenant nowhere but into its own', async () => {
  const lists = routes.filter((route) => isForTenants(route) && isRead(route) && named(route).startsWith('GET'));
  let tried = 0;
  for (const route of lists) {
    const { needed } = referencesOf(route, samples);
    const first = askOf(route, allFrom(needed, sides.globex), { ...samples, [route.contract.name]: { limit: 1 } });
    for (const giver of ['globex', 'operator'] as const) {
      const page = await send(giver, first);
      const cursor = /"next_cursor":"([^"]+)"/.exec(page.text)?.[1];
      if (cursor === undefined) continue;
      tried += 1;
      const sample = { ...samples, [route.contract.name]: { cursor } };
      const ask = askOf(route, allFrom(needed, sides.acme), sample);
      const answer = await send('acme', ask);
      expect([named(route), answer.status, seenOf('globex', answer, ask)]).toEqual([
        named(route),
        expect.toSatisfy((status: number) => status === 200 || status === 422),
        [],
      ]);
    }
  }
  expect(tried).toBeGreaterThan(3);
});

test('nobody becomes more, or pays less, by saying so in the body', async () => {
  const smuggled = { roles: ['platform_admin'], is_admin: true, price_cents_override: 0, owner: 'globex' };
  for (const route of routes.filter((each) => isForTenants(each) && !['get', 'delete'].includes(each.method))) {
    const ask = askOf(route, allFrom(referencesOf(route, samples).needed, sides.acme), samples);
    for (const [name, value] of Object.entries(smuggled)) {
      const body = Array.isArray(ask.body) ? ask.body : { ...(ask.body as object), [name]: value };
      const answer = await send('acme', { ...ask, body }, { 'x-tenant-id': 'globex', 'x-roles': 'platform_admin' });
      // A CloudEvent may carry attributes of its own; they are not kept.
      const expected = route.contract.name === 'usage.ingest' ? answer.status : 422;
      expect([named(route), name, answer.status]).toEqual([named(route), name, expected]);
    }
  }
});

test('odd text in a filter, an order or a cursor is text: refused or not found, never run', async () => {
  const corpus = ["' OR '1'='1", '1; DROP TABLE audit; --', '%27%20UNION%20SELECT%201', '\\', '"', '$1', "acme' --"];
  for (const route of routes.filter((each) => each.method === 'get')) {
    const { needed, optional } = referencesOf(route, samples);
    const texts = [...optional, ...['cursor', 'q', 'kind', 'status', 'group_by', 'period']];
    const base = askOf(route, allFrom(needed, sides.acme), samples);
    for (const [index, name] of texts.entries()) {
      const separator = base.path.includes('?') ? '&' : '?';
      const value = corpus[index % corpus.length] ?? '';
      const path = `${base.path}${separator}${name}=${encodeURIComponent(value)}`;
      const answer = await send('operator', { ...base, path });
      expect([path, answer.status]).toEqual([path, expect.toSatisfy((status: number) => status < 500)]);
    }
  }
});

test('the operator is let in everywhere, and nothing that is asked breaks anything', async () => {
  for (const route of routes) {
    const { needed } = referencesOf(route, samples);
    const mine = isRead(route) ? [sides.acme, sides.globex, sides.missing] : [sides.missing];
    for (const ids of mine) {
      const ask = askOf(route, allFrom(needed, ids), samples);
      const answer = await send('operator', ask);
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

test('the same key takes effect once, for each who uses it, and for one request only', async () => {
  const key = randomUUID();
  const alert = (tenant: 'acme' | 'globex', value: string): Ask => ({
    method: 'post',
    path: '/api/v1/alerts',
    body: { deployment_id: sides[tenant]['deployment'], basis: 'money', value },
  });
  const once = () => send('acme', alert('acme', '7701'), { 'idempotency-key': key });
  const answers = await Promise.all([once(), once(), once()]);
  // One that came while the first was at work may be told so; asked again, it gets the first one's answer.
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

test('what a tenant may do to its own is done', async () => {
  const refused: unknown[] = [];
  for (const route of routes.filter((each) => isForTenants(each) && !isRead(each))) {
    const ask = askOf(route, allFrom(referencesOf(route, samples).needed, sides.acme), samples);
    const { status, text } = await send('acme', ask);
    if ([401, 403, 404].includes(status) || status >= 500) refused.push({ what: named(route), status, text });
  }
  expect(refused).toEqual([]);
});
