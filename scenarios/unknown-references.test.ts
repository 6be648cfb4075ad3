import { type Route, routes } from '@arcadia/gateway';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { allFrom, type HttpRequest, type Ids, referenceKinds, referencesOf, requestOf } from './src/access-matrix.ts';
import { samples } from './src/access-samples.ts';
import { idsOf, twoTenants } from './src/two-tenants.ts';
import { startWholeStack, type WholeStack } from './src/whole-stack.ts';

let stack: WholeStack;
let own: Ids;
const missing = Object.fromEntries(
  Object.values(referenceKinds).map((kind) => [kind, kind === 'tenant' ? 'acmee' : crypto.randomUUID()]),
);

beforeAll(async () => {
  stack = await startWholeStack(twoTenants);
  await stack.play();
  own = await idsOf(stack, 'acme');
}, 240_000);
afterAll(() => stack[Symbol.asyncDispose]());

const commands = routes.filter(({ contract }) => contract.effect === 'command');

/** Fields that name something new, or that may name what is not known yet. */
const mayBeUnknown: Readonly<Record<string, string>> = {
  'tenants.create tenant_id': 'creates the tenant',
  'deployments.create deployment_id': 'the id of the new deployment',
  'api-keys.create tenant_id': 'the key of a tenant that is created later; until then it sees nothing',
  'specs.set resource_id': 'the desired state of a resource that inventory has not listed yet',
};

/** The field by which each of these commands names something by a word, and a misspelt word. */
const misspelt: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  plan_code: { plan_code: 'studioo' },
  addon_code: { addon_code: 'storage_50gbb' },
  kind: { kind: 'droplet_hourss' },
  currency: { currency: 'AUX' },
};

/** Commands that create or update what the word names, and words that are not names of something that exists. */
const words: Readonly<Record<string, readonly string[]>> = {
  plan_code: [
    'quotes.create',
    'subscriptions.subscribe',
    'subscriptions.change-plan',
    'plan-versions.create',
    'plan-versions.publish',
  ],
  addon_code: ['subscriptions.attach-addon'],
  kind: ['addons.put', 'prices.put', 'sagas.start'],
  currency: ['plans.put', 'plans.create', 'addons.put', 'prices.put'],
};

const send = async ({ method, path, body }: HttpRequest): Promise<{ status: number; text: string }> => {
  const response = await fetch(new URL(path, stack.running.gateway), {
    method: method.toUpperCase(),
    headers: { authorization: `Bearer ${stack.tokens.operator}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, text: await response.text() };
};

const isRefused = (status: number): boolean => status >= 400 && status < 500;

/** Each reference of each command, with the request in which it alone names nothing that exists. */
const referring = (route: Route): { what: string; request: HttpRequest }[] => {
  const { needed, optional } = referencesOf(route, samples);
  const base = allFrom(needed, own);
  return [...needed, ...optional].map((name) => ({
    what: `${route.contract.name} ${name}`,
    request: requestOf(route, new Map([...base, [name, missing]]), samples),
  }));
};

test('a command that refers to something that does not exist is refused, whatever else it names', async () => {
  const accepted: unknown[] = [];
  let tried = 0;
  for (const { what, request } of commands.flatMap(referring)) {
    if (Object.hasOwn(mayBeUnknown, what)) continue;
    tried += 1;
    const answer = await send(request);
    if (!isRefused(answer.status)) accepted.push({ what, request, answer });
  }
  expect(accepted).toEqual([]);
  expect(tried).toBeGreaterThan(30);
});

test('a command with a misspelt plan, addon, billing kind, saga or currency is refused', async () => {
  const accepted: unknown[] = [];
  for (const [field, names] of Object.entries(words))
    for (const name of names) {
      const route = commands.find(({ contract }) => contract.name === name);
      if (route === undefined) throw new Error(`there is no command ${name}`);
      const wrong = { ...samples, [name]: { ...samples[name], ...misspelt[field] } };
      const answer = await send(requestOf(route, allFrom(referencesOf(route, wrong).needed, own), wrong));
      if (!isRefused(answer.status)) accepted.push({ name, field, answer });
    }
  expect(accepted).toEqual([]);
});
