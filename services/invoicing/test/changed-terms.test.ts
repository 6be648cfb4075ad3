import { invoicing, isRefusal, provisioning } from '@arcadia/contracts';
import { publishEvent } from '@arcadia/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { answers } from '../src/answers.ts';
import { closeOf, deploymentChange, deploymentId, fact, granted, openStage } from './stage.ts';

type Stage = Awaited<ReturnType<typeof openStage>>;
let at: Stage;
const kind = 'load_balancer_hours';

beforeAll(async () => {
  at = await openStage();
  const plan = (plan_code: string, base_price_cents: number) =>
    at.ask(invoicing.putPlan, {
      plan_code,
      base_price_cents,
      proration: 'daily',
      items: [{ kind, included_qty: '100', overage_price_cents: '10' }],
    });
  granted(await plan('old_plan', 3000));
  granted(await plan('new_plan', 6000));
  granted(await at.ask(invoicing.putAddon, { addon_code: 'more', kind, qty: '10', price_cents: 600 }));
});
afterAll(() => at[Symbol.asyncDispose]());

type Story = { name: string; own: { deployment_id: string }; addon_id: string; discount_id: string };
const on = { effective_at: '2026-04-16T00:00:00Z', reason: 'agreed' };

/** Each command that changes terms, as an operator sends it for a month that is invoiced. */
const commands: Record<string, (story: Story) => Promise<unknown>> = {
  'subscriptions.change-plan': ({ own }) => at.ask(invoicing.changePlan, { ...own, ...on, plan_code: 'new_plan' }),
  'subscriptions.cancel': ({ own }) => at.ask(invoicing.cancelSubscription, { ...own, ...on }),
  'subscriptions.pause': ({ own }) => at.ask(invoicing.pauseSubscription, { ...own, ...on }),
  'subscriptions.resume': async ({ own }) => {
    granted(await at.ask(invoicing.pauseSubscription, { ...own, ...on, effective_at: '2026-04-10T00:00:00Z' }));
    await at.running.settled();
    return at.ask(invoicing.resumeSubscription, { ...own, ...on });
  },
  'subscriptions.attach-addon': ({ own }) => at.ask(invoicing.attachAddon, { ...own, ...on, addon_code: 'more' }),
  'subscriptions.detach-addon': ({ own, addon_id }) => at.ask(invoicing.detachAddon, { ...own, ...on, addon_id }),
  'subscriptions.end-trial': ({ own }) =>
    at.ask(invoicing.endTrial, { ...own, ...on, effective_at: '2026-04-05T00:00:00Z' }),
  'subscriptions.subscribe': async ({ own }) => {
    granted(await at.ask(invoicing.cancelSubscription, { ...own, ...on }));
    await at.running.settled();
    const starts_at = '2026-04-20T00:00:00Z';
    return at.ask(invoicing.subscribe, { ...own, plan_code: 'new_plan', starts_at });
  },
  'tenant-terms.add-discount': ({ name }) =>
    at.ask(invoicing.addDiscount, {
      tenant_id: name,
      name: 'x',
      on: 'invoice',
      percent: '10',
      first_period: '2026-04',
      reason: 'agreed',
    }),
  'tenant-terms.add-price-override': ({ name }) =>
    at.ask(invoicing.addPriceOverride, {
      tenant_id: name,
      plan_code: 'old_plan',
      base_price_cents: 1,
      from: '2026-04-01',
      reason: 'agreed',
    }),
  'tenant-terms.add-commitment': ({ name }) =>
    at.ask(invoicing.addCommitment, { tenant_id: name, amount_cents: 90_000, from: '2026-04-01' }),
  'tenant-terms.end': ({ name, discount_id }) =>
    at.ask(invoicing.endTenantTerm, {
      tenant_id: name,
      term_id: discount_id,
      last_period: '2026-03',
      reason: 'agreed',
    }),
};

/** Commands that change no term of an invoiced month, each with the reason. */
const others: Record<string, string> = {
  'plans.create': 'a subscription has the version that it was made with',
  'plans.put': 'as above',
  'plan-versions.create': 'as above',
  'plan-versions.update': 'only drafts change, which no subscription has',
  'plan-versions.publish': 'as above',
  'plan-versions.retire': 'as above',
  'plan-versions.delete': 'as above',
  'addons.put': 'price and quantity are copied when an addon is attached',
  'prices.put': 'refused in an invoiced month',
  'list-prices.put': 'refused in an invoiced month',
  'billing-profiles.put': 'holds from the next invoice on',
  'discount-codes.create': 'the terms of a code do not change, and a discount is a copy of them',
  'discount-codes.end': 'discounts that it gave stay',
  'discount-codes.redeem': 'begins with the running month at the earliest',
};

/** An invoiced April of a tenant: 30.00, an addon of 6.00, and a discount of 10 %. */
const begin = async (name: string): Promise<Story> => {
  const own = { deployment_id: deploymentId(name) };
  await at.deploy(name, name);
  const isInTrial = name === 'subscriptions.end-trial';
  await at.subscribe(name, 'old_plan', isInTrial ? { trial_ends_at: '2026-04-21T00:00:00Z' } : {});
  const attached = granted(
    await at.ask(invoicing.attachAddon, { ...own, addon_code: 'more', effective_at: '2026-04-01T00:00:00Z' }),
  );
  const discount = {
    tenant_id: name,
    name: 'x',
    on: 'invoice' as const,
    percent: '10',
    first_period: '2026-01',
    reason: 'agreed',
  };
  const { discounts } = granted(await at.ask(invoicing.addDiscount, discount));
  const used = fact(name, name, '2026-04-28', [{ kind, qty: '300' }]);
  await at.receive(used);
  known.push(used);
  await at.close(closeOf('2026-04', known, { revision: known.length }));
  return {
    name,
    own,
    addon_id: attached.addons[0]?.addon_id ?? '',
    discount_id: discounts[0]?.discount_id ?? '',
  };
};

const known: ReturnType<typeof fact>[] = [];

/** What was corrected of a tenant's April, in cents: credited, or still to be charged. */
const corrected = async (tenant: string): Promise<number> => {
  const { items } = granted(await at.ask(invoicing.listCreditNotes, { tenant_id: tenant }));
  const { pending_adjustments } = granted(
    await at.ask(invoicing.previewInvoice, { tenant_id: tenant, period: '2026-05' }),
  );
  const credited = items.reduce((sum, { net_cents }) => sum - net_cents, 0);
  return pending_adjustments.reduce((sum, { amount_cents }) => sum + amount_cents, credited);
};

/** What April costs by the terms known now. */
const costs = async (tenant: string): Promise<number> =>
  granted(await at.ask(invoicing.previewInvoice, { tenant_id: tenant, period: '2026-04' })).so_far.subtotal_cents;

it.each(Object.keys(commands))('%s of an invoiced month corrects it by itself', async (name) => {
  const story = await begin(name);
  const billed = (await at.invoice(name)).subtotal_cents;
  const answer = await commands[name]?.(story);
  expect(isRefusal(answer) ? answer : null).toBeNull();
  await at.running.settled();
  const difference = (await costs(name)) - billed;
  expect(difference).not.toBe(0);
  expect(await corrected(name)).toBe(difference);
});

it('a pause that provisioning publishes late corrects the invoiced month by itself', async () => {
  const name = 'paused-late';
  await begin(name);
  const billed = (await at.invoice(name)).subtotal_cents;
  const changed = { revision: 2, state: 'paused', previous_state: 'active', effective_at: on.effective_at } as const;
  const paused = deploymentChange(name, name, changed);
  await publishEvent(at.nats, provisioning.deploymentChanged, paused);
  await at.running.settled();
  const difference = (await costs(name)) - billed;
  expect(difference).toBeLessThan(0);
  expect(await corrected(name)).toBe(difference);
});

it('each command of the catalog, of subscriptions and of tenants’ terms is examined here', () => {
  const nouns = ['plans', 'plan-versions', 'addons', 'prices', 'list-prices', 'billing-profiles', 'subscriptions'];
  const own = ['tenant-terms', 'discount-codes'];
  const found = answers
    .map(({ contract }) => contract)
    .filter(({ name, effect }) => effect === 'command' && [...nouns, ...own].includes(name.split('.')[0] ?? ''))
    .map(({ name }) => name);
  expect([...Object.keys(commands), ...Object.keys(others)].toSorted()).toEqual(found.toSorted());
});
