import { invoicing, isRefusal } from '@arcadia/contracts';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { z } from 'zod';
import { endedBefore } from '../src/domain/rating/ended-at.ts';
import { rate } from '../src/domain/rating/rate.ts';
import { ratingInput } from '../src/rating/rate-tenant.ts';
import { deploymentId, fact, granted, openStage, tenantActor } from './stage.ts';

type Stage = Awaited<ReturnType<typeof openStage>>;
let at: Stage;
const kind = 'bandwidth_gb';
const plans = ['none_small', 'none_big', 'none_lean', 'none_dear', 'daily_small', 'daily_big'];
const addons = ['cheap_traffic', 'dear_traffic'];
const codes = ['BIG_FREE', 'DAILY_HALF', 'DEAR_OFF', 'TRAFFIC_OFF', 'TENTH', 'FIXED', 'LESS_TEN'];

beforeAll(async () => {
  at = await openStage('2026-04-01T00:00:00Z');
  const plan = (plan_code: string, base_price_cents: number, included_qty: string, overage_price_cents: string) =>
    at.ask(invoicing.putPlan, {
      plan_code,
      base_price_cents,
      proration: plan_code.startsWith('daily') ? 'daily' : 'none',
      items: [{ kind, included_qty, overage_price_cents }],
    });
  granted(await plan('none_small', 2000, '100', '10'));
  granted(await plan('none_big', 5000, '1000', '10'));
  granted(await plan('none_lean', 2500, '0', '1'));
  granted(await plan('none_dear', 3000, '0', '20'));
  granted(await plan('daily_small', 3000, '100', '10'));
  granted(await plan('daily_big', 9000, '1000', '5'));
  const addon = (addon_code: string, qty: string, price_cents: number) =>
    at.ask(invoicing.putAddon, { addon_code, kind, qty, price_cents });
  const code = (name: string, rule: Omit<z.input<typeof invoicing.createDiscountCode.input>, 'code' | 'name'>) =>
    at.ask(invoicing.createDiscountCode, { code: name, name, ...rule });
  granted(await code('BIG_FREE', { on: 'plan', plan_code: 'none_big', percent: '100' }));
  granted(await code('DAILY_HALF', { on: 'plan', plan_code: 'daily_big', percent: '90', months: 1 }));
  granted(await code('TRAFFIC_OFF', { on: 'kind', kind, percent: '80' }));
  granted(await code('TENTH', { on: 'invoice', percent: '10' }));
  granted(await code('DEAR_OFF', { on: 'plan', plan_code: 'none_dear', percent: '90' }));
  granted(await code('LESS_TEN', { on: 'invoice', amount_cents: 1000 }));
  granted(await code('FIXED', { on: 'plan', plan_code: 'none_lean', amount_cents: 2400 }));
  granted(await addon('cheap_traffic', '1000', 100));
  granted(await addon('dear_traffic', '10', 1000));
});
afterAll(() => at[Symbol.asyncDispose]());

/** A step is about one of the tenant's two deployments. */
type Step = { of: number } & (
  | { do: 'wait'; hours: number }
  | { do: 'use'; qty: number }
  | { do: 'operator-cancels' }
  | { do: 'deployment'; to: 'paused' | 'active' | 'cancelled' }
  | { do: 'change' | 'subscribe'; plan: string; when: 'now' | 'period_end' }
  | { do: 'attach'; addon: string; quantity: number }
  | { do: 'detach'; nth: number }
  | { do: 'redeem'; code: string }
  | { do: 'cancel' | 'resume' | 'pause' | 'end-trial' }
);

/** What an operator agrees with a tenant before its story begins. */
type Agreed = { commitment: number | null; ownPrice: string | null; trialDays: number | null };

const agreed: fc.Arbitrary<Agreed> = fc.record({
  commitment: fc.constantFrom(null, null, 4000),
  ownPrice: fc.constantFrom(null, null, ...plans),
  trialDays: fc.constantFrom(null, null, 6, 20),
});

const of = fc.nat(1);

const steps = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({ of, do: fc.constant('wait' as const), hours: fc.integer({ min: 1, max: 300 }) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ of, do: fc.constant('use' as const), qty: fc.integer({ min: 1, max: 2000 }) }),
    },
    { weight: 1, arbitrary: fc.record({ of, do: fc.constant('operator-cancels' as const) }) },
    {
      weight: 6,
      arbitrary: fc.record({
        of,
        do: fc.constantFrom('change' as const, 'change' as const, 'subscribe' as const),
        plan: fc.constantFrom(...plans),
        when: fc.constantFrom('now' as const, 'now' as const, 'period_end' as const),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        of,
        do: fc.constant('attach' as const),
        addon: fc.constantFrom(...addons),
        quantity: fc.integer({ min: 1, max: 3 }),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ of, do: fc.constant('redeem' as const), code: fc.constantFrom(...codes) }),
    },
    { weight: 1, arbitrary: fc.record({ of, do: fc.constant('detach' as const), nth: fc.nat(2) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        of,
        do: fc.constantFrom('cancel' as const, 'resume' as const, 'pause' as const, 'end-trial' as const),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        of,
        do: fc.constant('deployment' as const),
        to: fc.constantFrom('paused' as const, 'active' as const, 'active' as const, 'cancelled' as const),
      }),
    },
  ),
  { minLength: 4, maxLength: 12 },
);

const begun = '2026-04-01T00:00:00Z';
let stories = 0;
/** Begins a story of its own tenant with two deployments, and answers with what its months cost. */
const begin = async (plan: string, { commitment, ownPrice, trialDays }: Agreed) => {
  const name = `story${++stories}`;
  at.clock.set(Temporal.Instant.from('2026-04-03T09:30:00Z'));
  const names = [`${name}a`, `${name}b`];
  const states = new Map(names.map((each) => [each, { state: 'active', revision: 1 }]));
  for (const each of names) await at.deploy(each, name, { revision: 1 });
  const starts_at = begun;
  const trial_ends_at =
    trialDays === null
      ? undefined
      : Temporal.Instant.from(starts_at)
          .add({ hours: trialDays * 24 })
          .toString();
  for (const each of names) await at.subscribe(each, plan, { starts_at, trial_ends_at });
  const from = '2026-04-01';
  if (commitment !== null)
    granted(
      await at.ask(invoicing.addCommitment, { tenant_id: name, amount_cents: commitment, from, reason: 'a story' }),
    );
  if (ownPrice !== null)
    granted(
      await at.ask(invoicing.addPriceOverride, {
        tenant_id: name,
        plan_code: ownPrice,
        base_price_cents: 900,
        from,
        reason: 'a story',
      }),
    );
  const now = () => at.clock.now();
  const input = async (period: string) =>
    (await ratingInput(at.running.context.db, { tenantId: name, period, asOf: { closeRevision: 'now' } })).input;
  /** What the days until tonight cost, in cents: the terms end with today. */
  const untilTonight = async () => {
    const tomorrow = now().toZonedDateTimeISO('UTC').toPlainDate().add({ days: 1 }).toString();
    return rate(endedBefore(await input(now().toString().slice(0, 7)), tomorrow)).subtotal_cents;
  };
  /** The tenant's change of a deployment, as provisioning publishes it. */
  const transition = async (each: string, to: 'paused' | 'active' | 'cancelled') => {
    const known = states.get(each);
    if (known === undefined || known.state === to || known.state === 'cancelled') return;
    const previous_state = known.state as 'active';
    known.state = to;
    known.revision += 1;
    const change = { change: 'transitioned' as const, effective_at: now().toString(), revision: known.revision };
    await at.deploy(each, name, { ...change, state: to, previous_state });
  };
  return { name, names, actor: tenantActor(name), now, input, untilTonight, transition };
};

const isTrial = ({ trialDays }: Agreed, now: Temporal.Instant): boolean =>
  trialDays !== null && Temporal.Instant.compare(now, Temporal.Instant.from(begun).add({ hours: trialDays * 24 })) < 0;

const runs = { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 12) };

it('invoicing: no sequence of a tenant’s commands lowers what its running month or a past one costs', async () => {
  let accepted = 0;
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...plans), agreed, steps, async (plan, terms, story) => {
      const { name, names, actor, now, input, untilTonight, transition } = await begin(plan, terms);
      let used = 0;
      for (const step of story) {
        const each = names[step.of] ?? '';
        const own = { deployment_id: deploymentId(each) };
        if (step.do === 'wait') {
          at.clock.set(now().add({ hours: step.hours }));
          continue;
        }
        const day = now().toString().slice(0, 10);
        if (step.do === 'use') {
          const usage = [{ kind, qty: String(step.qty) }];
          await at.receive(fact(each, name, day, usage, { revision: ++used }));
          continue;
        }
        if (step.do === 'operator-cancels') {
          await at.ask(invoicing.cancelSubscription, { ...own, effective_at: now().toString(), reason: 'a story' });
          continue;
        }
        const isWhole = [plan, ...story.flatMap((one) => ('plan' in one ? [one.plan] : []))].every((one) =>
          one.startsWith('none'),
        );
        // A tenant may leave days that are not over, or pay less for them, by a change of plan or of the deployment alone.
        const isKept = isWhole || !['change', 'cancel', 'deployment'].includes(step.do);
        // A trial may be left free of charge, and then the paid rest of the month falls away.
        const leavesTrial =
          (step.do === 'cancel' || (step.do === 'deployment' && step.to === 'cancelled')) && isTrial(terms, now());
        /** What must not fall, and what must not change at all. */
        const amounts = async () => ({
          untilTonight: await untilTonight(),
          whole: isKept && !leavesTrial ? rate(await input(day.slice(0, 7))).subtotal_cents : 0,
          past: day < '2026-05-01' ? 0 : rate(await input('2026-04')).subtotal_cents,
        });
        at.clock.set(now().add({ seconds: 1 }));
        const before = await amounts();
        if (step.do === 'deployment') await transition(each, step.to);
        else if (!isRefusal(await perform(step, own, actor))) accepted += 1;
        const after = await amounts();
        const what = `${JSON.stringify(step)} at ${now()}`;
        expect(after.untilTonight, `${what}: the running month`).toBeGreaterThanOrEqual(before.untilTonight);
        expect(after.whole, `${what}: the running month, when all of it is over`).toBeGreaterThanOrEqual(before.whole);
        expect(after.past, `${what}: April`).toBe(before.past);
      }
    }),
    { ...runs, endOnFailure: true },
  );
  expect(accepted).toBeGreaterThan(0);
});

const perform = async (
  step: Exclude<Step, { do: 'wait' | 'use' | 'operator-cancels' | 'deployment' }>,
  own: { deployment_id: string },
  actor: ReturnType<typeof tenantActor>,
) => {
  switch (step.do) {
    case 'change':
      return at.ask(invoicing.changePlan, { ...own, plan_code: step.plan, when: step.when }, actor);
    case 'subscribe':
      return at.ask(invoicing.subscribe, { ...own, plan_code: step.plan }, actor);
    case 'redeem':
      return at.ask(invoicing.redeemDiscountCode, { code: step.code }, actor);
    case 'attach':
      return at.ask(invoicing.attachAddon, { ...own, addon_code: step.addon, quantity: step.quantity }, actor);
    case 'detach': {
      const [newest] = granted(await at.ask(invoicing.listSubscriptions, { deployment_id: own.deployment_id })).items;
      const addon = newest?.addons[step.nth];
      return addon === undefined ? null : at.ask(invoicing.detachAddon, { ...own, addon_id: addon.addon_id }, actor);
    }
    case 'cancel':
      return at.ask(invoicing.cancelSubscription, own, actor);
    case 'pause':
      return at.ask(invoicing.pauseSubscription, own, actor);
    case 'end-trial':
      return at.ask(invoicing.endTrial, own, actor);
    case 'resume':
      return at.ask(invoicing.resumeSubscription, own, actor);
  }
};
