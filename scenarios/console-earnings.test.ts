import { inventorySync, invoicing, provisioning } from '@arcadia/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { acme, type ConsoleStage, openConsoleStage, operator, textOf, type Visitor } from './src/console-stage.ts';

let stage: ConsoleStage;
let visitor: Visitor;

beforeAll(async () => {
  stage = await openConsoleStage();
  visitor = await stage.signIn(operator);
}, 240_000);
afterAll(() => stage?.[Symbol.asyncDispose]());

/** The deployments of a tenant with what their resources earned in April. */
const earnings = async (tenant_id: string) => {
  const { api } = stage.stack.player;
  const deployments = await api.list(provisioning.listDeployments, { tenant_id });
  return Promise.all(
    deployments.map(async ({ deployment_id }) => ({
      deployment_id,
      earned: await api.request(invoicing.listResourceEarnings, { deployment_id, period: '2026-04', limit: 200 }),
    })),
  );
};

const sum = (amounts: readonly (number | null)[]): number =>
  amounts.reduce<number>((all, amount) => all + (amount ?? 0), 0);

test('what the resources of all deployments earned, and the deployments as a whole, is the revenue of the margin', async () => {
  const { api } = stage.stack.player;
  const { items } = await api.request(invoicing.getMargin, { period: '2026-04', group_by: 'deployment', limit: 200 });
  for (const { deployment_id, earned } of await earnings('acme')) {
    const revenue = sum(items.filter((row) => row.deployment_id === deployment_id).map((row) => row.revenue_cents));
    expect(sum(earned.items.map(({ earned_cents }) => earned_cents))).toBe(earned.totals.earned_cents);
    expect((earned.totals.earned_cents ?? 0) + (earned.totals.whole_cents ?? 0)).toBe(revenue);
  }
});

test('the page of a resource shows what it cost and earned in a month, and where both come from', async () => {
  const { api } = stage.stack.player;
  const { items } = await api.request(inventorySync.listResources, { kind: 'droplet', q: 'acme-web-1' });
  const page = textOf((await visitor.get(`/inventory/${items[0]?.resource_id}?period=2026-04`)).html);
  // 672 h × 0.01 of three droplets that ran all month: 2.24 each.
  expect(page).toMatch(/Earned 2\.24 AUD its shares of the invoice lines of its usage, without tax/);
  expect(page).toMatch(/Cost by list prices [\d.]+ USD/);
  expect(page).toMatch(/also earned [\d.,]+ AUD as a whole: the price of its plan/);
  const open = textOf((await visitor.get(`/inventory/${items[0]?.resource_id}`)).html);
  expect(open).toContain('No whole day of it has been metered for a deployment in this month.');
});

test('the page of a deployment shows its running cost, and what each resource earned; a tenant sees neither', async () => {
  const [shop] = await earnings('acme');
  const address = `/deployments/${shop?.deployment_id}`;
  const page = textOf((await visitor.get(address)).html);
  expect(page).toContain('Running cost');
  expect(page).toMatch(/Cost and earnings of \w+ 2026/);
  const own = textOf((await (await stage.signIn(acme)).get(address)).html);
  expect(own).not.toMatch(/Running cost|Cost and earnings|list prices/);
});
