import { issueToken } from '@arcadia/app';
import {
  drift,
  gateway,
  inventorySync,
  invoicing,
  metering,
  provisioning,
  type RequestOutput,
} from '@arcadia/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ConsoleStage, openConsoleStage, operator, textOf, type Visitor } from './src/console-stage.ts';

let stage: ConsoleStage;
let visitor: Visitor;

beforeAll(async () => {
  stage = await openConsoleStage();
  visitor = await stage.signIn(operator);
});
afterAll(() => stage[Symbol.asyncDispose]());

test('the figures of the start screen equal those of the lists', async () => {
  const { api } = stage.stack.player;
  const overview = await api.request(gateway.getOverview, {});
  expect(overview.unavailable).toEqual([]);
  const [resources, unattributed, open, deployments, margin] = await Promise.all([
    api.list(inventorySync.listResources, {}),
    api.list(inventorySync.listUnattributed, {}),
    api.list(drift.listDrift, {}),
    api.list(provisioning.listDeployments, {}),
    api.request(invoicing.getMargin, { group_by: 'period', period: '2026-04' }),
  ]);
  expect(overview.inventory).toMatchObject({ resources: resources.length, unattributed: unattributed.length });
  const byKind = overview.inventory?.kinds.reduce((sum, kind) => sum + kind.resources, 0);
  expect(byKind).toBe(resources.length);
  expect(overview.drift?.open).toBe(open.length);
  expect(overview.provisioning?.deployments.reduce((sum, each) => sum + each.deployments, 0)).toBe(deployments.length);
  const april = overview.margins?.find(({ period }) => period === '2026-04');
  expect(april?.revenue_cents).toBe(margin.totals.revenue_cents);
  expect(overview.jobs).toMatchObject({ dead_letters: 0, not_ready: [] });
  const page = textOf((await visitor.get('/')).html);
  expect(page).toContain(`Resources ${resources.length} ${unattributed.length} of no deployment`);
  expect(page).toContain(`Open drift ${open.length}`);
});

test('one of the operator’s people who may not see money gets the other parts', async () => {
  const { running, home } = stage.stack;
  const token = await issueToken(home.state.secrets.jwt, { subject: 'sam', tenantId: null, role: 'support' });
  const response = await fetch(new URL('/api/v1/overview', running.gateway), {
    headers: { authorization: `Bearer ${token}` },
  });
  const overview = (await response.json()) as RequestOutput<typeof gateway.getOverview>;
  expect([overview.margins, overview.bills, overview.inventory === null]).toEqual([null, null, false]);
});

test('the page System shows every service with its lag, its queue and its dead letters', async () => {
  const page = await visitor.get('/system');
  const text = textOf(page.html);
  for (const service of [
    'gateway',
    'inventory-sync',
    'metering',
    'invoicing',
    'billing-ingest',
    'provisioning',
    'drift',
  ])
    expect(text).toMatch(new RegExp(`${service} [\\w ,]+ Ready`));
  expect(text).toContain('There is none: every message is processed and every job has succeeded.');
  const { items } = await stage.stack.player.api.request(gateway.listJobs, { service: 'metering', limit: 200 });
  expect(items.some(({ job, state }) => job === 'close-period' && state === 'done')).toBe(true);
});

test('a service that is down leaves its part out of the start screen and is named, and the page System shows it', async () => {
  const service = stage.stack.running.stack.services.find(({ name }) => name === 'drift');
  await service?.stop();
  const overview = await stage.stack.player.api.request(gateway.getOverview, {});
  expect([overview.unavailable, overview.drift, overview.inventory === null]).toEqual([['drift'], null, false]);
  expect(textOf((await visitor.get('/')).html)).toContain(
    'Some figures are missing at the moment. drift does not answer.',
  );
  const system = textOf((await visitor.get('/system')).html);
  expect(system).toMatch(/drift [\w ]+ Does not answer/);
  expect(system).toMatch(/metering [\w ]+ Ready/);
  expect(await stage.stack.player.api.request(metering.listPeriods, {})).toMatchObject({ items: expect.any(Array) });
});
