import { drift, inventorySync, isRefusal, resourceId } from '@arcadia/contracts';
import { publishEvent, publishedEvents, publishRaw } from '@arcadia/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { observed, openStage, provisioned } from './stage.ts';

let stage: Awaited<ReturnType<typeof openStage>>;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage[Symbol.asyncDispose]());

const replyTo = (row: { drift_id: string }, outcome: 'accepted' | 'reverted' | 'refused', request = 1) => ({
  drift_id: row.drift_id,
  request,
  outcome,
  detail: outcome === 'refused' ? 'the provider refused' : null,
});

const first = async (number: number) => {
  const [row] = await stage.rows(number);
  if (row === undefined) throw new Error(`droplet ${number} has no open drift`);
  return row;
};

describe('drift: a field that differs', () => {
  it('has one open row, whether desired or actual state arrives first, and however often', async () => {
    await stage.observe(observed(1));
    await stage.provision(provisioned(1));
    await stage.provision(provisioned(2));
    await stage.observe(observed(2));
    for (const number of [1, 2]) {
      expect(await stage.rows(number)).toMatchObject([
        {
          kind: 'field',
          field: 'size_slug',
          expected: 's-1vcpu-2gb',
          actual: 's-1vcpu-1gb',
          spec_version: 1,
          tenant_id: 'acme',
        },
      ]);
    }
    await publishEvent(stage.nats, inventorySync.resourceObserved, observed(1), {
      headers: { 'Nats-Msg-Id': 'again' },
    });
    await stage.running.settled();
    await stage.sweep('2026-04-01T00:20:00Z');
    expect(await stage.rows(1, 'all')).toHaveLength(1);
    const detected = (await publishedEvents(stage.database, drift.driftDetected)).filter(
      ({ data }) => data.resource_id === observed(1).resource_id,
    );
    expect(detected).toHaveLength(1);
    expect(drift.driftDetected.data.parse(detected[0]?.data)).toMatchObject({ revision: 1 });
  });

  it('is not reported if it differs only in JSON types or list order', async () => {
    await stage.provision(
      provisioned(3, {
        spec: {
          ...{ size_slug: 's-1vcpu-1gb', tags: ['b', 'a', 'a'], disk: 25, monitoring: 'true', notes: [] },
          ...{ ports: [80, '443'], codes: ['7', '8'] },
        },
      }),
    );
    await stage.observe(
      observed(3, {
        attrs: {
          ...{ size_slug: 's-1vcpu-1gb', tags: ['a', 'b'], disk: '25', monitoring: true },
          ...{ ports: ['443', '80'], codes: [8, 7] },
        },
      }),
    );
    expect(await stage.rows(3)).toEqual([]);
  });

  it('becomes stale when it was corrected elsewhere, and gets a new row when it differs again', async () => {
    await stage.provision(provisioned(4));
    await stage.observe(observed(4));
    await stage.observe(
      observed(4, { revision: 2, effective_at: '2026-04-01T01:00:00Z', attrs: { size_slug: 's-1vcpu-2gb' } }),
    );
    await stage.observe(
      observed(4, { revision: 3, effective_at: '2026-04-01T02:00:00Z', attrs: { size_slug: 's-2vcpu-2gb' } }),
    );
    expect((await stage.rows(4, 'all')).map(({ status, actual }) => [status, actual])).toEqual(
      expect.arrayContaining([
        ['open', 's-2vcpu-2gb'],
        ['stale', 's-1vcpu-1gb'],
      ]),
    );
  });

  it('is compared with the latest effective state, not with a later correction of the past', async () => {
    await stage.provision(provisioned(5));
    await stage.observe(
      observed(5, { revision: 2, effective_at: '2026-04-01T02:00:00Z', attrs: { size_slug: 's-1vcpu-2gb' } }),
    );
    await stage.observe(
      observed(5, { revision: 3, effective_at: '2026-04-01T01:00:00Z', attrs: { size_slug: 's-4vcpu-8gb' } }),
    );
    expect(await stage.rows(5, 'all')).toEqual([]);
  });

  it('gets the next revision when its actual value changes', async () => {
    await stage.provision(provisioned(6));
    await stage.observe(observed(6));
    await stage.observe(
      observed(6, { revision: 2, effective_at: '2026-04-01T01:00:00Z', attrs: { size_slug: 's-4vcpu-8gb' } }),
    );
    expect(await stage.rows(6, 'all')).toMatchObject([{ status: 'open', revision: 2, actual: 's-4vcpu-8gb' }]);
  });

  it('shows the monthly cost of the difference', async () => {
    const price = {
      provider: 'digitalocean',
      price_hourly: '0.01',
      currency: 'USD',
      effective_at: '2026-03-01T00:00:00Z',
      observed_at: '2026-03-01T00:00:00Z',
    };
    await publishEvent(stage.nats, inventorySync.priceObserved, [
      { ...price, size_slug: 's-1vcpu-1gb', price_monthly: '6' },
      { ...price, size_slug: 's-1vcpu-2gb', price_monthly: '12.50' },
    ]);
    await stage.running.settled();
    expect((await first(1)).monthly_cost).toEqual({ amount: '-6.5', currency: 'USD' });
    expect(await first(6)).toMatchObject({
      monthly_cost: null,
      monthly_cost_unknown_because: 'The list price of the size s-4vcpu-8gb is unknown.',
    });
  });

  it('is still reported while an unreadable message becomes a dead letter', async () => {
    await publishRaw(stage.nats, {
      subject: 'resource.observed.digitalocean.droplet.x',
      payload: '{"broken":true}',
      headers: {
        'ce-type': 'resource.observed',
        'ce-dataversion': '1',
        'ce-id': crypto.randomUUID(),
        'ce-time': '2026-04-01T00:00:00Z',
      },
    });
    await stage.provision(provisioned(7));
    await stage.observe(observed(7));
    expect(await stage.rows(7)).toHaveLength(1);
  });
});

describe('drift: a resource', () => {
  it('is missing after its deletion, and before its first observation only if a complete sync did not find it', async () => {
    const created = provisioned(10, { saga_id: '99999999-9999-4999-8999-999999999999' });
    await stage.provision(created);
    await stage.completeSync('2026-04-01T00:00:00Z');
    await stage.sweep('2026-04-01T01:20:00Z');
    expect(await stage.rows(10)).toEqual([]);
    await stage.completeSync('2026-04-01T00:15:00Z');
    await stage.sweep('2026-04-01T02:20:00Z');
    expect(await stage.rows(10)).toMatchObject([{ kind: 'missing', field: drift.presenceField }]);
    await stage.provision(provisioned(11));
    await stage.observe(observed(11, { is_present: false, cause: 'deleted' }));
    expect(await stage.rows(11)).toMatchObject([{ kind: 'missing' }]);
  });
});

describe('drift: a request', () => {
  it('of two simultaneous operators only one succeeds, and only its outcome closes the row', async () => {
    await stage.provision(provisioned(20));
    await stage.observe(observed(20));
    const row = await first(20);
    const answers = await Promise.all([
      stage.request(drift.acceptDrift, { drift_id: row.drift_id }),
      stage.request(drift.acceptDrift, { drift_id: row.drift_id }),
    ]);
    expect(answers.filter(isRefusal)).toMatchObject([{ refused: 'conflict' }]);
    // The field no longer differs, but the request is pending, so the row stays open.
    await stage.observe(
      observed(20, { revision: 2, effective_at: '2026-04-01T01:00:00Z', attrs: { size_slug: 's-1vcpu-2gb' } }),
    );
    expect(await first(20)).toMatchObject({ requested: { action: 'accept', by: 'op' } });
    const accepted = provisioned(20, {
      spec_version: 2,
      revision: 2,
      spec: { size_slug: 's-1vcpu-1gb', region: 'syd1' },
      in_reply_to: replyTo(row, 'accepted'),
    });
    await stage.provision(accepted, accepted);
    const rows = await stage.rows(20, 'all');
    expect(rows.find(({ drift_id }) => drift_id === row.drift_id)).toMatchObject({
      status: 'accepted',
      closed_by: 'op',
    });
    const closed = (await publishedEvents(stage.database, drift.driftClosed)).filter(
      ({ data }) => data.drift_id === row.drift_id,
    );
    expect(closed.map(({ data }) => data.status)).toEqual(['accepted']);
    expect(drift.driftClosed.data.safeParse(closed[0]?.data).success).toBe(true);
  });

  it('that provisioning refuses opens the row again with the reason, and can be repeated', async () => {
    await stage.provision(provisioned(21));
    await stage.observe(observed(21));
    const row = await first(21);
    await stage.get(drift.revertDrift, { drift_id: row.drift_id, confirm: row.resource_name ?? '' });
    expect(await stage.request(drift.ignoreDrift, { drift_id: row.drift_id, reason: 'x' })).toMatchObject({
      refused: 'conflict',
    });
    await stage.provision(
      provisioned(21, {
        revision: 2,
        in_reply_to: replyTo(row, 'refused'),
        saga_id: '99999999-9999-4999-8999-999999999999',
      }),
    );
    expect(await first(21)).toMatchObject({ drift_id: row.drift_id, requested: null, refusal: 'the provider refused' });
    await stage.get(drift.revertDrift, { drift_id: row.drift_id, confirm: row.resource_name ?? '' });
    const events = (await publishedEvents(stage.database, drift.driftRevertRequested)).filter(
      ({ data }) => data.drift_id === row.drift_id,
    );
    expect(events.map(({ data }) => data.request)).toEqual([1, 2]);
  });

  it('to revert is not followed by a new row for an observation from before the revert', async () => {
    await stage.provision(provisioned(22));
    await stage.observe(observed(22));
    const row = await first(22);
    await stage.get(drift.revertDrift, { drift_id: row.drift_id, confirm: row.resource_name ?? '' });
    const restored = { saga_id: '99999999-9999-4999-8999-999999999999', effective_at: '2026-04-01T04:00:00Z' };
    await stage.provision(provisioned(22, { revision: 2, ...restored, in_reply_to: replyTo(row, 'reverted') }));
    await stage.sweep('2026-04-01T04:20:00Z');
    expect(await stage.rows(22, 'all')).toMatchObject([{ status: 'reverted' }]);
    await stage.observe(
      observed(22, {
        revision: 2,
        effective_at: '2026-04-01T04:00:00Z',
        observed_at: '2026-04-01T04:15:00Z',
        attrs: { size_slug: 's-1vcpu-2gb' },
      }),
    );
    await stage.sweep('2026-04-01T05:20:00Z');
    expect(await stage.rows(22, 'all')).toHaveLength(1);
  });

  it('to revert is refused without the name of the resource', async () => {
    await stage.provision(provisioned(24));
    await stage.observe(observed(24));
    const { drift_id } = await first(24);
    for (const given of [{}, { confirm: '' }, { confirm: 'web-23' }]) {
      expect(await stage.request(drift.revertDrift, { drift_id, ...given })).toMatchObject({
        refused: 'confirmation-needed',
        detail: expect.stringContaining('web-24'),
      });
    }
    expect(await first(24)).toMatchObject({ requested: null });
    expect(await stage.get(drift.revertDrift, { drift_id, confirm: 'web-24' })).toMatchObject({
      requested: { action: 'revert' },
    });
  });

  it('to revert a field that no saga can restore is refused', async () => {
    await stage.provision(provisioned(23, { spec: { region: 'fra1' } }));
    await stage.observe(observed(23));
    expect(await stage.request(drift.revertDrift, { drift_id: (await first(23)).drift_id })).toMatchObject({
      refused: 'not-revertible',
      field: 'region',
    });
  });
});

describe('drift: an ignored field', () => {
  it('closes its open rows, of one resource or of all of the kind, and is compared again after the rule is deleted', async () => {
    await stage.provision(
      provisioned(30, { spec: { image: 'debian' } }),
      provisioned(31, { spec: { image: 'debian' } }),
    );
    await stage.observe(observed(30), observed(31));
    const here = await stage.get(drift.ignoreDrift, { drift_id: (await first(30)).drift_id, reason: 'known' });
    expect(here).toMatchObject({
      resource_id: resourceId('digitalocean', 'droplet', '30'),
      ignored_by: 'op',
      reason: 'known',
    });
    expect(await stage.rows(30)).toEqual([]);
    const all = await stage.get(drift.ignoreDrift, {
      drift_id: (await first(31)).drift_id,
      scope: 'kind',
      reason: 'not managed',
    });
    expect(await stage.rows(31)).toEqual([]);
    await stage.sweep('2026-04-01T06:20:00Z');
    expect([...(await stage.rows(30)), ...(await stage.rows(31))]).toEqual([]);
    for (const { rule_id } of [here, all]) await stage.get(drift.stopIgnoring, { rule_id });
    await stage.sweep('2026-04-01T07:20:00Z');
    expect([...(await stage.rows(30)), ...(await stage.rows(31))]).toHaveLength(2);
  });
});
