import { invoicing, isRefusal, type Refusal, type RequestInput, type RequestOutput } from '@arcadia/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closeOf, deploymentId, fact, granted, openStage, tenantActor } from './stage.ts';

type Stage = Awaited<ReturnType<typeof openStage>>;
let at: Stage;

beforeAll(async () => {
  at = await openStage('2026-04-10T12:00:00Z');
  for (const [plan_code, base_price_cents] of [
    ['daily_small', 3000],
    ['daily_big', 9000],
  ] as const)
    granted(await at.ask(invoicing.putPlan, { plan_code, base_price_cents, proration: 'daily' }));
  const kind = 'bandwidth_gb';
  const items = [{ kind, included_qty: '100', overage_price_cents: '10' }];
  const byDays = { plan_code: 'daily_traffic', base_price_cents: 3000, proration: 'daily' as const, items };
  granted(await at.ask(invoicing.putPlan, byDays));
  granted(await at.ask(invoicing.putAddon, { addon_code: 'traffic_1000gb', kind, qty: '1000', price_cents: 750 }));
});
afterAll(() => at[Symbol.asyncDispose]());

const refusal = (answer: unknown): string => (isRefusal(answer) ? answer.refused : 'granted');

/** Each story has a tenant and a deployment of its own, subscribed from 1 April on. */
const begin = async (name: string, plan: string, fields: Parameters<Stage['subscribe']>[2] = {}) => {
  at.clock.set(Temporal.Instant.from('2026-04-10T12:00:00Z'));
  await at.deploy(name, name);
  const subscription = await at.subscribe(name, plan, fields);
  const own = { deployment_id: deploymentId(name) };
  const actor = tenantActor(name);
  return {
    subscription,
    own,
    actor,
    change: (plan_code: string, more: Partial<RequestInput<typeof invoicing.changePlan>> = {}) =>
      at.ask(invoicing.changePlan, { ...own, plan_code, ...more }, actor),
    april: async () => {
      await at.close(closeOf('2026-04', [], { revision: ++closes }));
      return (await at.invoice(name)).subtotal_cents;
    },
  };
};
let closes = 0;
const plansOf = (answer: RequestOutput<typeof invoicing.changePlan> | Refusal) =>
  granted(answer).plans.map(({ plan_code, effective_at }) => [plan_code, effective_at]);

describe('invoicing: a change by a tenant', () => {
  it('a cheaper plan an hour before the end of the month is paid from the next month on: April is 50.00', async () => {
    const { change, april } = await begin('lasthour', 'studio');
    at.clock.set(Temporal.Instant.from('2026-04-30T23:00:00Z'));
    expect(plansOf(await change('starter'))).toEqual([
      ['studio', '2026-04-01T00:00:00Z'],
      ['starter', '2026-05-01T00:00:00Z'],
    ]);
    expect(await april()).toBe(5000);
  });

  it('a dearer plan takes effect at once', async () => {
    const { change, april } = await begin('grower', 'starter');
    expect(plansOf(await change('studio')).at(-1)).toEqual(['studio', '2026-04-10T12:00:00Z']);
    expect(await april()).toBe(5000);
  });

  it('a cheaper plan by days takes effect at midnight: ten days of 90.00 and twenty of 30.00', async () => {
    const { change, april } = await begin('daily', 'daily_big');
    expect(plansOf(await change('daily_small')).at(-1)).toEqual(['daily_small', '2026-04-11T00:00:00Z']);
    expect(await april()).toBe(3000 + 2000);
  });

  it('a plan by days does not shorten a month that is charged whole', async () => {
    const { change } = await begin('shortener', 'studio');
    expect(plansOf(await change('daily_big')).at(-1)).toEqual(['daily_big', '2026-05-01T00:00:00Z']);
    const { change: later } = await begin('lengthener', 'daily_big');
    expect(plansOf(await later('starter')).at(-1)).toEqual(['starter', '2026-05-01T00:00:00Z']);
  });

  it('a tenant does not name a plan version', async () => {
    const { change } = await begin('chooser', 'starter');
    expect(refusal(await change('studio', { plan_version: 1 }))).toBe('forbidden');
  });

  it('a cancellation takes effect with the month, and nothing is subscribed beside it', async () => {
    const { own, actor, april } = await begin('leaver', 'studio');
    expect(granted(await at.ask(invoicing.cancelSubscription, own, actor)).ends_at).toBe('2026-05-01T00:00:00Z');
    expect(refusal(await at.ask(invoicing.cancelSubscription, own, actor))).toBe('not-subscribed');
    expect(refusal(await at.ask(invoicing.subscribe, { ...own, plan_code: 'starter' }, actor))).toBe(
      'already-subscribed',
    );
    expect(await april()).toBe(5000);
  });

  it('subscribing anew does not lower a month in which an operator cancelled', async () => {
    const { own, actor, april } = await begin('returner', 'studio');
    const cancel = { ...own, effective_at: '2026-04-08T00:00:00Z' };
    expect(refusal(await at.ask(invoicing.cancelSubscription, cancel))).toBe('reason-missing');
    granted(await at.ask(invoicing.cancelSubscription, { ...cancel, reason: 'ticket 1' }));
    const anew = (plan_code: string) => at.ask(invoicing.subscribe, { ...own, plan_code }, actor);
    expect(refusal(await anew('starter'))).toBe('lowers-current-month');
    expect(refusal(await anew('studio'))).toBe('granted');
    expect(await april()).toBe(5000);
    const published = await at.publishedEvents(invoicing.subscriptionChanged);
    expect(published.flatMap(({ data }) => (data.deployment_id === own.deployment_id ? [data.reason] : []))).toContain(
      'ticket 1',
    );
  });

  it('an operator whose change of the past takes the place of a dearer plan since gives a reason', async () => {
    const { own, change } = await begin('upgraded', 'starter');
    granted(await change('studio'));
    at.clock.set(Temporal.Instant.from('2026-04-20T12:00:00Z'));
    const back = { ...own, plan_code: 'starter', effective_at: '2026-04-05T00:00:00Z' };
    expect(refusal(await at.ask(invoicing.changePlan, back))).toBe('reason-missing');
    expect(plansOf(await at.ask(invoicing.changePlan, { ...back, reason: 'ticket 3' })).at(-1)?.[0]).toBe('starter');
  });

  it('a trial is left with its end, free of charge, and ends once', async () => {
    const trial_ends_at = '2026-04-20T00:00:00Z';
    const { own, actor } = await begin('trier', 'studio', { trial_ends_at });
    expect(granted(await at.ask(invoicing.cancelSubscription, own, actor)).ends_at).toBe(trial_ends_at);
    const { own: other } = await begin('tried', 'studio', { trial_ends_at: '2026-04-05T00:00:00Z' });
    expect(refusal(await at.ask(invoicing.endTrial, other))).toBe('no-trial');
    expect(refusal(await at.ask(invoicing.endTrial, { ...other, effective_at: '2026-04-03T00:00:00Z' }))).toBe(
      'granted',
    );
  });
});

describe('invoicing: an addon', () => {
  it('an addon is attached at once, detached with the month, and its end is not moved', async () => {
    const { own, actor } = await begin('addon', 'studio');
    const attach = { ...own, addon_code: 'storage_50gb' };
    const [attached] = granted(await at.ask(invoicing.attachAddon, attach, actor)).addons;
    expect(attached?.starts_at).toBe('2026-04-10T12:00:00Z');
    const detach = { ...own, addon_id: attached?.addon_id ?? '' };
    const ended = async (more: object = {}, by = actor) => {
      const answer = await at.ask(invoicing.detachAddon, { ...detach, ...more }, by);
      return isRefusal(answer) ? answer.refused : answer.addons[0]?.ends_at;
    };
    expect(await ended()).toBe('2026-05-01T00:00:00Z');
    expect(await ended()).toBe('already-ended');
    at.clock.set(Temporal.Instant.from('2026-05-01T06:00:00Z'));
    expect([await ended(), await ended({ when: 'period_end' })]).toEqual(['already-ended', 'already-ended']);
    const operated = await at.ask(invoicing.detachAddon, { ...detach, reason: 'ticket 2' });
    expect(refusal(operated)).toBe('already-ended');
    const earlier = { ...detach, effective_at: '2026-04-20T00:00:00Z' };
    expect(refusal(await at.ask(invoicing.detachAddon, earlier))).toBe('reason-missing');
    expect(refusal(await at.ask(invoicing.detachAddon, { ...earlier, reason: 'ticket 2' }))).toBe('granted');
  });

  it('an addon by days is attached with the next month if its included quantity covered usage of the days before', async () => {
    const { own, actor } = await begin('coverer', 'daily_traffic');
    const day = '2026-04-09';
    await at.receive(fact('coverer', 'coverer', day, [{ kind: 'bandwidth_gb', qty: '480' }], { revision: 1 }));
    const cost = async () => granted(await at.ask(invoicing.previewInvoice, own, actor)).so_far.subtotal_cents;
    const before = await cost();
    const attach = { ...own, addon_code: 'traffic_1000gb' };
    const [attached] = granted(await at.ask(invoicing.attachAddon, attach, actor)).addons;
    expect(attached?.starts_at).toBe('2026-05-01T00:00:00Z');
    expect(await cost()).toBe(before);
  });
});

describe('invoicing: a deployment that has ended or is paused', () => {
  const transition = (name: string, state: 'cancelled' | 'archived' | 'paused', revision = 2) =>
    at.deploy(name, name, {
      state,
      previous_state: 'active',
      effective_at: '2026-04-09T00:00:00Z',
      revision,
      change: 'transitioned',
    });

  it.each(['cancelled', 'archived'] as const)('a deployment that is %s is not subscribed', async (state) => {
    await at.deploy(state, state);
    await transition(state, state);
    const own = { deployment_id: deploymentId(state), plan_code: 'starter' };
    expect(refusal(await at.ask(invoicing.subscribe, own, tenantActor(state)))).toBe('deployment-ended');
    expect(refusal(await at.ask(invoicing.subscribe, own))).toBe('deployment-ended');
  });

  it('the subscription of a paused deployment is paused', async () => {
    at.clock.set(Temporal.Instant.from('2026-04-10T12:00:00Z'));
    await at.deploy('resting', 'resting');
    await transition('resting', 'paused');
    const own = { deployment_id: deploymentId('resting'), plan_code: 'daily_small' };
    expect(granted(await at.ask(invoicing.subscribe, own, tenantActor('resting'))).status).toBe('paused');
  });
});

describe('invoicing: a plan offered to named tenants', () => {
  const plan = { plan_code: 'for_globex', base_price_cents: 1, offered_to: ['globex'] };
  const seen = async (tenant: string) =>
    granted(await at.ask(invoicing.listPlans, { plan_code: 'for_globex' }, tenantActor(tenant))).items.map(
      ({ version, offered_to }) => [version, offered_to],
    );

  it('a plan for one tenant is seen, quoted and taken by that tenant alone', async () => {
    await at.createTenants('globex', 'initech');
    granted(await at.ask(invoicing.putPlan, { ...plan, offered_to: ['globex', 'initech'] }));
    const { change } = await begin('nosy', 'starter');
    expect(await seen('nosy')).toEqual([]);
    expect(refusal(await change('for_globex'))).toBe('plan-not-found');
    const quote = (tenant: string) => at.ask(invoicing.createQuote, { plan_code: 'for_globex' }, tenantActor(tenant));
    expect(refusal(await quote('nosy'))).toBe('plan-not-found');
    await at.deploy('nosy2', 'nosy');
    await at.deploy('globex', 'globex');
    const subscribe = (name: string, tenant: string) =>
      at.ask(invoicing.subscribe, { deployment_id: deploymentId(name), plan_code: 'for_globex' }, tenantActor(tenant));
    expect(refusal(await subscribe('nosy2', 'nosy'))).toBe('plan-not-found');
    expect(await seen('globex')).toEqual([[1, ['globex']]]);
    expect([refusal(await quote('globex')), refusal(await subscribe('globex', 'globex'))]).toEqual([
      'granted',
      'granted',
    ]);
    const [known] = granted(await at.ask(invoicing.listPlans, { plan_code: 'for_globex' })).items;
    expect(known?.offered_to).toEqual(['globex', 'initech']);
    // The operator may subscribe anybody to it.
    expect((await at.subscribe('nosy2', 'for_globex')).plan_code).toBe('for_globex');
  });

  it('a quote that a tenant makes for itself holds for thirty days at most; an operator makes others', async () => {
    await begin('quoted', 'studio');
    const input = { plan_code: 'studio', valid_days: 31, spec: { droplets: 1 } };
    expect(refusal(await at.ask(invoicing.createQuote, input, tenantActor('quoted')))).toBe('forbidden');
    const quote = granted(await at.ask(invoicing.createQuote, { ...input, tenant_id: 'quoted', valid_days: 365 }));
    expect(quote.is_valid).toBe(true);
  });

  it('a plan stays with its tenants until an operator names others', async () => {
    const priced = { plan_code: 'for_globex', base_price_cents: 2 };
    expect(granted(await at.ask(invoicing.putPlan, priced)).offered_to).toEqual(['globex', 'initech']);
    const same = granted(await at.ask(invoicing.putPlan, { ...priced, offered_to: ['initech', 'globex'] }));
    expect(same.version).toBe(2);
    const draft = granted(await at.ask(invoicing.createPlanVersion, priced));
    expect(draft.offered_to).toEqual(['globex', 'initech']);
    const all = granted(await at.ask(invoicing.putPlan, { ...priced, offered_to: null }));
    expect([all.offered_to, (await seen('nosy')).length]).toEqual([null, 1]);
    granted(await at.ask(invoicing.retirePlanVersion, { plan_code: 'for_globex', version: all.version }));
  });
});

describe('invoicing: the threshold of an alert', () => {
  it('a money alert has its threshold in cents, also under its former name, and one alone', async () => {
    const { own, actor } = await begin('watcher', 'starter');
    const create = async (fields: Omit<RequestInput<typeof invoicing.createAlert>, 'deployment_id'>) => {
      const answer = await at.ask(invoicing.createAlert, { ...own, ...fields }, actor);
      return isRefusal(answer) ? answer.refused : [answer.amount_cents, answer.value];
    };
    expect(await create({ basis: 'money', amount_cents: 500 })).toEqual([500, '500']);
    expect(await create({ basis: 'money', value: '500.0' })).toEqual([500, '500']);
    expect(await create({ basis: 'money', value: '5', amount_cents: 500 })).toBe('threshold-missing');
    expect(await create({ basis: 'money', value: '5.5' })).toBe('threshold-missing');
    expect(await create({ basis: 'money' })).toBe('threshold-missing');
    const percent = { basis: 'included_percent', kind: 'droplet_hours' } as const;
    expect(await create({ ...percent, value: '80' })).toEqual([null, '80']);
    expect(await create({ ...percent, amount_cents: 80 })).toBe('threshold-missing');
  });
});

describe('invoicing: an alert that is deleted', () => {
  it('is watched no more, ends once, and keeps what it noticed', async () => {
    const { own, actor } = await begin('forgetter', 'starter');
    const terms = { ...own, basis: 'money', amount_cents: 500 } as const;
    const first = granted(await at.ask(invoicing.createAlert, terms, actor));
    const { alert_id } = first;
    await at.running.settled();
    const crossed = granted(await at.ask(invoicing.getAlert, { alert_id }, actor)).crossed;
    expect(crossed).toHaveLength(1);
    expect(refusal(await at.ask(invoicing.deleteAlert, { alert_id }, tenantActor('watcher')))).toBe('not-found');
    expect(await at.ask(invoicing.deleteAlert, { alert_id }, actor)).toEqual({ deleted: true });
    expect(refusal(await at.ask(invoicing.deleteAlert, { alert_id }, actor))).toBe('already-ended');
    const ended = { alert_id, crossed, ended_at: '2026-04-10T12:00:00Z', ended_by: actor.subject };
    expect(granted(await at.ask(invoicing.getAlert, { alert_id }, actor))).toMatchObject(ended);
    expect(granted(await at.ask(invoicing.listAlerts, own, actor)).items).toEqual([]);
    expect(granted(await at.ask(invoicing.listAlerts, { ...own, include_ended: true }, actor)).items).toMatchObject([
      ended,
    ]);
    const again = granted(await at.ask(invoicing.createAlert, terms, actor));
    expect(again.alert_id).not.toBe(alert_id);
    expect(granted(await at.ask(invoicing.createAlert, terms, actor)).alert_id).toBe(again.alert_id);
    await at.running.settled();
    expect(granted(await at.ask(invoicing.listAlerts, own, actor)).items).toMatchObject([
      { alert_id: again.alert_id, crossed },
    ]);
    expect(granted(await at.ask(invoicing.getAlert, { alert_id }, actor))).toMatchObject(ended);
  });
});

it('every invoice of these stories follows from what lies on the streams', async () => {
  expect((await at.proveAll()).differing).toEqual({});
});
