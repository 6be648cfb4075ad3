import { auditedObjects, gateway, type RequestOutput } from '@arcadia/contracts';
import { type Route, routes } from '@arcadia/gateway';
import { eventually } from '@arcadia/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { allFrom, type Ids, referenceKinds, referencesOf, requestOf } from './src/access-matrix.ts';
import { samples } from './src/access-samples.ts';
import { idsOf, twoTenants } from './src/two-tenants.ts';
import { startWholeStack, type WholeStack } from './src/whole-stack.ts';

type Entry = RequestOutput<typeof gateway.listAudit>['items'][number];

let stack: WholeStack;
let ids: Ids;
const commands = routes.filter(({ contract }) => contract.effect === 'command');

beforeAll(async () => {
  stack = await startWholeStack(twoTenants);
  await stack.play();
  const missing = Object.fromEntries(Object.values(referenceKinds).map((kind) => [kind, crypto.randomUUID()]));
  ids = { ...missing, ...(await idsOf(stack, 'acme')) };
}, 240_000);
afterAll(() => stack[Symbol.asyncDispose]());

/** Sends a route's request as the operator; returns the status and the id of the request. */
const send = async (route: Route): Promise<{ status: number; requestId: string }> => {
  const request = requestOf(route, allFrom(referencesOf(route, samples).needed, ids), samples);
  const response = await fetch(new URL(request.path, stack.running.gateway), {
    method: request.method.toUpperCase(),
    headers: {
      authorization: `Bearer ${stack.tokens.operator}`,
      ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
  });
  await response.text();
  return { status: response.status, requestId: response.headers.get('x-request-id') ?? '' };
};

test('every command of the API is audited by the service that handles it, with its object, and the chain is unbroken', async () => {
  const sent: { route: Route; status: number; requestId: string }[] = [];
  // The command changes an addon that exists, so that there is something before it.
  for (const route of commands.filter(({ contract }) => contract.name === 'addons.put')) await send(route);
  for (const route of commands) sent.push({ route, ...(await send(route)) });
  const { api } = stack.player;
  let entries = new Map<string | null, Entry>();
  // A request that does not fit its schema reaches no service and changes nothing.
  const reached = sent.filter(({ route, status }) => !(route.contract.name === 'usage.ingest' && status === 422));
  await eventually('every command is in the log', async () => {
    const items = await api.list(gateway.listAudit, { subject: 'operator' });
    entries = new Map(items.map((entry) => [entry.request_id, entry]));
    return reached.every(({ requestId }) => entries.has(requestId));
  }).catch((error: unknown) => {
    const missing = reached.filter(({ requestId }) => !entries.has(requestId));
    throw new Error(missing.map(({ route, status }) => `${route.contract.name} ${status}`).join(', '), {
      cause: error,
    });
  });

  const faults = reached.flatMap(({ route, status, requestId }) => {
    const { name, service } = route.contract;
    const entry = entries.get(requestId);
    const isDone = status < 300;
    const object = auditedObjects[name];
    return [
      ...(entry?.request === name && entry.service === service ? [] : [`${name} is audited as ${entry?.request}`]),
      ...((entry?.outcome === 'done') === isDone ? [] : [`${name} ${status} is audited as ${entry?.outcome}`]),
      ...(isDone && object !== null && entry?.object?.kind !== object?.kind ? [`${name} has no object`] : []),
      ...(isDone && object?.read !== undefined && entry?.before === null ? [`${name} has nothing before it`] : []),
      ...(isDone && entry?.before === null && entry.after === null ? [`${name} has nothing before or after it`] : []),
    ];
  });
  expect(faults).toEqual([]);
  expect(reached.filter(({ status }) => status < 300).length).toBeGreaterThan(20);

  const paid = reached.find(({ route }) => route.contract.name === 'invoices.pay');
  expect(entries.get(paid?.requestId ?? '')).toMatchObject({
    object: { kind: 'invoice', id: ids['invoice'] },
    before: { status: 'issued' },
    after: { status: 'paid' },
    actor: { subject: 'operator' },
  });
  expect(await api.request(gateway.verifyAudit, {})).toMatchObject({ is_intact: true, fault: null });
  expect(stack.log()).not.toContain('an audited object could not be read');
});
