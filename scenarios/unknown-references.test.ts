import { type Route, routes } from '@arcadia/gateway';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { allFrom, type HttpRequest, type Ids, referenceKinds, referencesOf, requestOf } from './src/access-matrix.ts';
import { samples } from './src/access-samples.ts';
import { senseOf, textFieldsOf } from './src/reference-fields.ts';
import { idsOf, twoTenants } from './src/two-tenants.ts';
import { startWholeStack, type WholeStack } from './src/whole-stack.ts';

let stack: WholeStack;
let own: Ids;
const unknownTenant = 'acmee';
const unknownId = crypto.randomUUID();
const missing = Object.fromEntries(
  Object.values(referenceKinds).map((kind) => [kind, kind === 'tenant' ? unknownTenant : crypto.randomUUID()]),
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
  'tenants.create country': 'a word of the postal address',
  'billing-profiles.put country': 'a word of the postal address',
  'deployments.create deployment_id': 'the id of the new deployment',
  'plans.create plan_code': 'creates the plan',
  'plans.put plan_code': 'creates the plan',
  'addons.put addon_code': 'creates the addon',
  'discount-codes.create code': 'creates the code',
  'metering-config.put kind': 'creates the billing kind',
  'specs.set resource_id': 'the desired state of a resource that inventory has not listed yet',
};

/** A misspelt word for each field that names something by a word. */
const misspelt: Readonly<Record<string, string>> = {
  plan_code: 'studioo',
  addon_code: 'storage_50gbb',
  kind: 'droplet_hourss',
  currency: 'AUX',
  country: 'QX',
  code: 'ACCESSS',
};
const project = { provider: 'digitalocean', provider_project_id: unknownId };
const item = { kind: 'droplet_hours', included_qty: '1' };

/** The input in which one field alone names nothing that exists, where that takes more than the field itself. */
const inputs: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'api-keys.create tenant_id': { tenant_id: unknownTenant },
  'inventory.sync kinds[]': { kinds: ['droplett'] },
  'inventory.attribute-many resource_ids[]': { resource_ids: [unknownId] },
  'drift.accept-many drift_ids[]': { drift_ids: [unknownId] },
  'drift.ignore-many drift_ids[]': { drift_ids: [unknownId] },
  'specs.set kind': { kind: 'dropplet' },
  'specs.set provider': { provider: 'digitalocaen' },
  'specs.set provider_id': { provider_id: '2' },
  ...Object.fromEntries(
    ['deployments.create', 'deployments.update'].flatMap((name) => [
      [`${name} project_bindings[].provider`, { project_bindings: [{ ...project, provider: 'digitalocaen' }] }],
      [`${name} project_bindings[].provider_project_id`, { project_bindings: [project] }],
      [`${name} tag_bindings[]`, { tag_bindings: ['studio-acme'] }],
    ]),
  ),
  'usage.ingest reports[].deployment_id': { deployment_id: unknownId },
  'usage.ingest reports[].kind': { kind: 'droplet_hourss' },
  'allocation-rule.put rule.kind': { rule: { method: 'usage', kind: 'droplet_hourss' } },
  ...Object.fromEntries(
    [
      ['tenant_id', { target: 'tenant', tenant_id: unknownTenant }],
      ['deployment_id', { target: 'deployment', deployment_id: unknownId }],
    ].map(([name, share]) => [
      `allocation-rule.put rule.shares[].${name}`,
      { rule: { method: 'fixed', shares: [{ ...(share as object), fraction: '1' }] } },
    ]),
  ),
  'fx-rate.put rates[].from': { rates: [{ period: '2030-01', from: 'USX', to: 'AUD', rate: '1' }] },
  'fx-rate.put rates[].to': { rates: [{ period: '2030-01', from: 'USD', to: 'AUX', rate: '1' }] },
  ...Object.fromEntries(
    ['plans.create', 'plans.put', 'plan-versions.create', 'plan-versions.update'].flatMap((name) => [
      [`${name} items[].kind`, { items: [{ ...item, kind: 'droplet_hourss' }] }],
      [`${name} offered_to[]`, { offered_to: [unknownTenant] }],
    ]),
  ),
  'list-prices.put prices[].kind': { prices: [{ kind: 'droplet_hourss', unit_price: '1' }] },
  'list-prices.put prices[].currency': { prices: [{ kind: 'droplet_hours', unit_price: '1', currency: 'AUX' }] },
  'tenant-terms.add-discount plan_code': { on: 'plan', plan_code: 'studioo' },
  'tenant-terms.add-discount kind': { on: 'kind', kind: 'droplet_hourss' },
  'tenant-terms.add-discount code': { name: undefined, on: undefined, percent: undefined, code: 'ACCESSS' },
  'discount-codes.create plan_code': { on: 'plan', plan_code: 'studioo' },
  'discount-codes.create kind': { on: 'kind', kind: 'droplet_hourss' },
  'discount-codes.create currency': { percent: undefined, amount_cents: 1, currency: 'AUX' },
  'discount-codes.create tenants[]': { tenants: [unknownTenant] },
  'tenant-terms.add-price-override kind': {
    base_price_cents: undefined,
    kind: 'droplet_hourss',
    overage_price_cents: '1',
  },
  'quotes.create addons[].addon_code': { addons: [{ addon_code: 'storage_50gbb' }] },
  'quotes.create usage[].kind': { usage: [{ kind: 'droplet_hourss', qty: '1' }] },
  'subscriptions.subscribe addons[].addon_code': { addons: [{ addon_code: 'storage_50gbb' }] },
  'invoices.credit lines[].line_id': { lines: [{ line_id: unknownId, amount_cents: 1 }] },
  'alerts.create kind': { basis: 'included_percent', kind: 'droplet_hourss', value: '80' },
};

const send = async ({ method, path, body }: HttpRequest): Promise<{ status: number; text: string }> => {
  const response = await fetch(new URL(path, stack.running.gateway), {
    method: method.toUpperCase(),
    headers: { authorization: `Bearer ${stack.tokens.operator}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, text: await response.text() };
};

/** A command about many objects answers for each of them: it is refused if the only one is. */
const isRefused = ({ status, text }: { status: number; text: string }): boolean =>
  (status >= 400 && status < 500) || (status === 200 && /"outcome":"refused"|"refused":\[\{/.test(text));

/** Each text field of a command that names something. */
const named = ({ contract }: Route): string[] =>
  textFieldsOf(contract).filter((field) => senseOf(contract.name, field) === 'name');

/** The request in which one field alone names nothing that exists; null if it has no input in this file. */
const requestWith = (route: Route, field: string): HttpRequest | null => {
  const { name } = route.contract;
  const { needed } = referencesOf(route, samples);
  const base = allFrom(needed, own);
  const input = inputs[`${name} ${field}`];
  if (name === 'usage.ingest') {
    const { body, ...rest } = requestOf(route, base, samples);
    const event = body as { data: object };
    return { ...rest, body: { ...event, id: field, data: { ...event.data, ...input } } };
  }
  if (input !== undefined) {
    const changed = { ...samples, [name]: { ...samples[name], ...input } };
    return requestOf(route, allFrom(referencesOf(route, changed).needed, own), changed);
  }
  if (field in referenceKinds) return requestOf(route, new Map([...base, [field, missing]]), samples);
  if (!(field in misspelt)) return null;
  const changed = { ...samples, [name]: { ...samples[name], [field]: misspelt[field] } };
  return requestOf(route, base, changed);
};

test('of every text field of every command it is decided whether it names something that must exist', () => {
  const undecided = commands.flatMap(({ contract }) =>
    textFieldsOf(contract)
      .filter((field) => senseOf(contract.name, field) === null)
      .map((field) => `${contract.name} ${field}`),
  );
  expect(undecided, 'add the field to namingFields or valueFields of scenarios/src/reference-fields.ts').toEqual([]);
});

test('a command that names something that does not exist is refused, in whatever field it does', async () => {
  const accepted: unknown[] = [];
  const untried: string[] = [];
  let tried = 0;
  for (const route of commands)
    for (const field of named(route)) {
      const what = `${route.contract.name} ${field}`;
      if (Object.hasOwn(mayBeUnknown, what)) continue;
      const request = requestWith(route, field);
      if (request === null) untried.push(what);
      else {
        tried += 1;
        const answer = await send(request);
        if (!isRefused(answer)) accepted.push({ what, request, answer });
      }
    }
  expect(untried, 'add an input in which the field alone names nothing that exists').toEqual([]);
  expect(accepted).toEqual([]);
  expect(tried).toBeGreaterThan(100);
});

test('every exception and every input of this file belongs to a field of a command', () => {
  const unused = [...Object.keys(inputs), ...Object.keys(mayBeUnknown)].filter(
    (what) => !commands.some((route) => named(route).some((field) => `${route.contract.name} ${field}` === what)),
  );
  expect(unused).toEqual([]);
});
