import { type EventData, invoicing, metering, nameUuid, provisioning } from '@arcadia/contracts';
import { eventually, publishEvent } from '@arcadia/testkit';
import { describe, expect, it } from 'vitest';
import { creationsAt, observe, openProviderStage, runSaga, type Stage, untilEnded, worker } from './stage.ts';

type Fact = EventData<typeof metering.usageAccrued>;

/** A deployment with a subscription; `cap` null: its plan caps nothing. */
const subscribed = async (stage: Stage, cap: string | null): Promise<string> => {
  const { deployment_id } = await stage.reply(provisioning.createDeployment, { tenant_id: 'acme', slug: 'shop' });
  await changeCap(stage, deployment_id, { revision: 1, cap });
  await stage.running.settled();
  return deployment_id;
};

const changeCap = async (
  stage: Stage,
  deployment_id: string,
  given: { revision: number; cap: string | null; effective_at?: string },
): Promise<void> => {
  const { revision, cap, effective_at = '2026-04-01T00:00:00Z' } = given;
  const item = { included_qty: '100', overage_unit: '1', overage_price_cents: '1', tiers: null };
  await publishEvent(stage.nats, invoicing.subscriptionChanged, {
    subscription_id: nameUuid('subscription', deployment_id),
    deployment_id,
    tenant_id: 'acme',
    revision,
    status: 'active',
    effective_at,
    starts_at: '2026-04-01T00:00:00Z',
    ends_at: null,
    trial_ends_at: null,
    plan: {
      code: 'capped',
      name: 'Capped',
      version: revision,
      base_price_cents: 5000,
      currency: 'AUD',
      proration: 'none',
      items: [
        { ...item, kind: 'droplet_hours', charge_model: 'standard', hard_cap_qty: cap },
        { ...item, kind: 'volume_gb_month', charge_model: 'standard', hard_cap_qty: '1' },
      ],
    },
    addons: [],
    fallback_prices: [],
    tax: { name: 'GST', rate: '0.1', registration_number: null, is_inclusive: false, rounding: 'half_up' },
  });
};

/** Usage of the days from the 1st until the given instant, as one fact. */
const meter = async (stage: Stage, deployment_id: string, hours: number, revision = 1): Promise<void> => {
  const fact: Fact = {
    period: '2026-04',
    tenant_id: 'acme',
    deployment_id,
    granularity: 'daily',
    period_start: '2026-04-19T00:00:00Z',
    period_end: '2026-04-20T00:00:00Z',
    revision,
    close_revision: 1,
    lines: [
      {
        resource_id: null,
        kind: 'droplet_hours',
        unit_seconds: String(hours * 3_600),
        divisor: '3600',
        observations: [],
      },
    ],
    hash: '0'.repeat(64),
  };
  await publishEvent(stage.nats, metering.usageAccrued, fact);
  await stage.running.settled();
};

const start = (stage: Stage, deployment_id: string) =>
  stage.request(provisioning.startSaga, {
    kind: 'provision_droplet',
    inputs: { ...worker, deployment_id },
  });

describe('provisioning: the hard cap of a plan', () => {
  it('a droplet above the cap is refused before anything is created, and fits when the cap is higher', async () => {
    await using stage = await openProviderStage();
    const deployment_id = await subscribed(stage, '1000');
    expect((await runSaga(stage, 'provision_droplet', { ...worker, deployment_id })).status).toBe('completed');
    const writes = () => stage.simulator.requests.filter(({ method }) => method !== 'GET');
    const before = writes();
    // Each droplet would run for the 720 hours of April.
    expect(await start(stage, deployment_id)).toMatchObject({
      refused: 'hard-cap-exceeded',
      detail: expect.stringContaining('The plan capped caps droplet_hours at 1000 (hour) a month.'),
      kind: 'droplet_hours',
      plan_code: 'capped',
      cap: '1000',
      expected: '1440',
      running: '720',
      added: '720',
    });
    expect(writes()).toEqual(before);
    const quoted = { kind: 'provision_droplet', inputs: { ...worker, deployment_id } } as const;
    const { problems } = await stage.reply(provisioning.quoteSaga, quoted);
    expect(problems).toEqual([expect.stringContaining('1440 in all')]);
    await changeCap(stage, deployment_id, { revision: 2, cap: '1440' });
    await stage.running.settled();
    expect((await runSaga(stage, 'provision_droplet', { ...worker, deployment_id })).status).toBe('completed');
    expect(creationsAt(stage.simulator)).toBe(2);
  });

  it('of several droplets requested at once only those are begun that fit together', async () => {
    await using stage = await openProviderStage();
    const deployment_id = await subscribed(stage, '1500');
    const replies = await Promise.all([1, 2, 3, 4].map(() => start(stage, deployment_id)));
    const begun = replies.flatMap((reply) => ('saga_id' in reply ? [String(reply.saga_id)] : []));
    expect(begun).toHaveLength(2);
    for (const saga_id of begun) expect((await untilEnded(stage, saga_id)).status).toBe('completed');
    expect(creationsAt(stage.simulator)).toBe(2);
  });

  it('metered usage and droplets that are on count; one that is off, another month and another kind do not', async () => {
    await using stage = await openProviderStage();
    const deployment_id = await subscribed(stage, '1000');
    const owner = { tenant_id: 'acme', deployment_id, project_id: null, attributed_by: 'hand' };
    await observe(stage, 101, { owner });
    await observe(stage, 103, { owner, status: 'off' });
    stage.clock.set(Temporal.Instant.from('2026-04-20T00:00:00Z'));
    await meter(stage, deployment_id, 600);
    // 600 hours are metered; droplet 101 and the new one have 264 each until May.
    expect(await start(stage, deployment_id)).toMatchObject({ refused: 'hard-cap-exceeded', expected: '1128' });
    await meter(stage, deployment_id, 472, 2);
    await meter(stage, deployment_id, 999, 1);
    expect((await runSaga(stage, 'provision_droplet', { ...worker, deployment_id })).status).toBe('completed');
    expect(await start(stage, deployment_id)).toMatchObject({ refused: 'hard-cap-exceeded', expected: '1264' });
    // In May three droplets would run for 744 hours each.
    stage.clock.set(Temporal.Instant.from('2026-05-01T00:00:00Z'));
    expect(await start(stage, deployment_id)).toMatchObject({ expected: '2232', used: '0' });
  });

  it('without a cap, without a subscription and without a deployment nothing is refused', async () => {
    await using stage = await openProviderStage();
    const uncapped = await subscribed(stage, null);
    const { deployment_id } = await stage.reply(provisioning.createDeployment, { tenant_id: 'acme', slug: 'free' });
    for (const given of [{ deployment_id: uncapped }, { deployment_id }, {}]) {
      expect((await runSaga(stage, 'provision_droplet', { ...worker, ...given })).status).toBe('completed');
    }
  });

  it('a cap that is lowered after the start fails the first step, and nothing is created', async () => {
    await using stage = await openProviderStage([{ kind: '500', match: { method: 'GET', path: '^/v2/sizes' } }]);
    const deployment_id = await subscribed(stage, '1000');
    const reply = await start(stage, deployment_id);
    const saga_id = 'saga_id' in reply ? String(reply.saga_id) : '';
    await eventually('the first step is being tried', async () => (stage.simulator.requests.length > 0 ? true : null));
    await changeCap(stage, deployment_id, { revision: 2, cap: '700' });
    const saga = await untilEnded(stage, saga_id);
    expect(saga).toMatchObject({ status: 'failed', error: { reason: 'step_failed:check-request' } });
    expect(saga.ledger[0]?.error).toMatch(/caps droplet_hours at 700/);
    expect(creationsAt(stage.simulator)).toBe(0);
    expect(await stage.request(provisioning.retrySaga, { saga_id })).toMatchObject({ refused: 'hard-cap-exceeded' });
  });

  it('a cap that takes effect later does not hold yet', async () => {
    await using stage = await openProviderStage();
    const deployment_id = await subscribed(stage, '1000');
    await changeCap(stage, deployment_id, { revision: 2, cap: '1', effective_at: '2026-04-15T00:00:00Z' });
    await stage.running.settled();
    expect((await runSaga(stage, 'provision_droplet', { ...worker, deployment_id })).status).toBe('completed');
    stage.clock.set(Temporal.Instant.from('2026-04-15T00:00:00Z'));
    expect(await start(stage, deployment_id)).toMatchObject({ refused: 'hard-cap-exceeded', cap: '1' });
  });
});
