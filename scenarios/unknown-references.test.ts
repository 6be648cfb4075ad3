import { resourceId } from '@arcadia/contracts';
import { type Route, routes } from '@arcadia/gateway';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { allFrom, type HttpRequest, type Ids, referenceKinds, referencesOf, requestOf } from './src/access-matrix.ts';
import { samples } from './src/access-samples.ts';
import { fieldsOfSagas, senseOf, textFieldsOf } from './src/reference-fields.ts';
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
  'deployments.create deployment_id': 'the id of the new deployment',
  'plans.create plan_code': 'creates the plan',
  'plans.put plan_code': 'creates the plan',
  'addons.put addon_code': 'creates the addon',
  'discount-codes.create code': 'creates the code',
  'deployments.create template_code': 'without a list of templates any code is accepted',
  'deployments.update template_code': 'without a list of templates any code is accepted',
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
  region: 'syd2',
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
  'mail-suppressions.delete suppression_id': { suppression_id: unknownId },
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
  for (const { kind, field } of fieldsOfSagas)
    if (senseOf(`sagas.start ${kind}`, field) === null) undecided.push(`sagas.start ${kind} ${field}`);
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

const droplet = { name: 'web-9', region: 'syd1', size_slug: 's-1vcpu-1gb', image: 'ubuntu-24-04-x64' };

/** Inputs of sagas in which one field alone names nothing that exists, with a near name that the refusal gives. */
const sagaInputs: Readonly<Record<string, { inputs: object; near?: string }>> = {
  'provision_droplet deployment_id': { inputs: { ...droplet, deployment_id: unknownId } },
  'provision_droplet region': { inputs: { ...droplet, region: 'syd2' }, near: 'syd1' },
  'provision_droplet size_slug': { inputs: { ...droplet, size_slug: 's-1vcpu-1gbb' }, near: 's-1vcpu-1gb' },
  'provision_droplet image': { inputs: { ...droplet, image: 'unbuntu-24-04-x64' }, near: 'ubuntu-24-04-x64' },
  'provision_droplet provider_project_id': { inputs: { ...droplet, provider_project_id: unknownId } },
  'resize_droplet provider_id': { inputs: { provider_id: '2', confirm: '2', size_slug: 's-1vcpu-2gb' } },
  'resize_droplet size_slug': {
    inputs: { provider_id: '412900001', confirm: 'acme-web', size_slug: 's-1vcpu-1gbb' },
    near: 's-1vcpu-1gb',
  },
  'suspend deployment_id': { inputs: { deployment_id: unknownId, confirm: 'x' } },
  'resume deployment_id': { inputs: { deployment_id: unknownId } },
  'offboard deployment_id': { inputs: { deployment_id: unknownId, confirm: 'x' } },
};

/** What a saga itself compares with the provider, before it changes anything that it cannot undo. */
const comparedByTheSaga: Readonly<Record<string, string>> = {
  'provision_droplet ssh_keys[]': 'the provider refuses to create the droplet',
  'provision_droplet vpc_uuid': 'the provider refuses to create the droplet',
  'resize_droplet deployment_id': 'the deployment of the droplet itself counts',
  ...Object.fromEntries(
    ['volumes[]', 'snapshots[]', 'volume_snapshots[]', 'reserved_ips[]'].map((field) => [
      `offboard delete_with.${field}`,
      'its first step compares them with what is associated with the droplets',
    ]),
  ),
};

test('a saga that names something that does not exist is refused before it starts, and the refusal names the near ones', async () => {
  const fields = fieldsOfSagas.filter(({ kind, field }) => senseOf(`sagas.start ${kind}`, field) === 'name');
  const names = fields.map(({ kind, field }) => `${kind} ${field}`);
  expect(names.toSorted()).toEqual([...Object.keys(sagaInputs), ...Object.keys(comparedByTheSaga)].toSorted());
  const wrong: unknown[] = [];
  for (const [what, { inputs: given, near }] of Object.entries(sagaInputs)) {
    const [kind = ''] = what.split(' ');
    const answer = await send({ method: 'post', path: '/api/v1/sagas', body: { kind, inputs: given } });
    if (!isRefused(answer) || !answer.text.includes(near ?? '')) wrong.push({ what, answer });
  }
  expect(wrong).toEqual([]);
  // A desired state with a misspelt size would be a drift that no saga can revert.
  const known = { provider: 'digitalocean', kind: 'droplet', provider_id: '412900001' };
  const path = `/api/v1/resources/${resourceId('digitalocean', 'droplet', '412900001')}/spec`;
  const answer = await send({ method: 'put', path, body: { ...known, spec: { size_slug: 's-1vcpu-1gbb' } } });
  expect(answer).toMatchObject({ status: 422, text: expect.stringContaining('s-1vcpu-1gb') });
});

test('every exception and every input of this file belongs to a field of a command', () => {
  const unused = [...Object.keys(inputs), ...Object.keys(mayBeUnknown)].filter(
    (what) => !commands.some((route) => named(route).some((field) => `${route.contract.name} ${field}` === what)),
  );
  expect(unused).toEqual([]);
});
