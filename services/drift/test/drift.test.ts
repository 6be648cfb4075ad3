import { drift, inventorySync, isRefusal, resourceId } from '@arcadia/contracts';
import { publishEvent, publishedEvents, publishRaw } from '@arcadia/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { observed, startDrift, wanted } from './started.ts';

let world: Awaited<ReturnType<typeof startDrift>>;
beforeAll(async () => {
  world = await startDrift();
});
afterAll(() => world[Symbol.asyncDispose]());

const replyTo = (row: { drift_id: string }, outcome: 'accepted' | 'reverted' | 'refused', request = 1) => ({
  drift_id: row.drift_id,
  request,
  outcome,
  detail: outcome === 'refused' ? 'the provider said no' : null,
});

const first = async (number: number) => {
  const [row] = await world.rows(number);
  if (row === undefined) throw new Error(`droplet ${number} has no open drift`);
  return row;
};

describe('a field that differs', () => {
  it('is one open row, whichever of wish and observation comes first, and however often', async () => {
    await world.observe(observed(1));
    await world.want(wanted(1));
    await world.want(wanted(2));
    await world.observe(observed(2));
    for (const number of [1, 2]) {
      expect(await world.rows(number)).toMatchObject([
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
    await publishEvent(world.nats, inventorySync.resourceObserved, observed(1), {
      headers: { 'Nats-Msg-Id': 'again' },
    });
    await world.running.settled();
    await world.sweep('2026-04-01T00:20:00Z');
    expect(await world.rows(1, 'all')).toHaveLength(1);
    const detected = (await publishedEvents(world.database, drift.driftDetected)).filter(
      ({ data }) => data.resource_id === observed(1).resource_id,
    );
    expect(detected).toHaveLength(1);
    expect(drift.driftDetected.data.parse(detected[0]?.data)).toMatchObject({ revision: 1 });
  });

  it('is none after a round trip through JSON, nor for a list in another order', async () => {
    await world.want(
      wanted(3, { spec: { size_slug: 's-1vcpu-1gb', tags: ['b', 'a', 'a'], disk: 25, monitoring: 'true', notes: [] } }),
    );
    await world.observe(
      observed(3, { attrs: { size_slug: 's-1vcpu-1gb', tags: ['a', 'b'], disk: '25', monitoring: true } }),
    );
    expect(await world.rows(3)).toEqual([]);
  });

  it('goes stale when it was mended elsewhere, and comes back as a row of its own', async () => {
    await world.want(wanted(4));
    await world.observe(observed(4));
    await world.observe(
      observed(4, { revision: 2, effective_at: '2026-04-01T01:00:00Z', attrs: { size_slug: 's-1vcpu-2gb' } }),
    );
    await world.observe(
      observed(4, { revision: 3, effective_at: '2026-04-01T02:00:00Z', attrs: { size_slug: 's-2vcpu-2gb' } }),
    );
    expect((await world.rows(4, 'all')).map(({ status, actual }) => [status, actual])).toEqual(
      expect.arrayContaining([
        ['open', 's-2vcpu-2gb'],
        ['stale', 's-1vcpu-1gb'],
      ]),
    );
  });

  it('is judged by what holds now, not by what was corrected about the past', async () => {
    await world.want(wanted(5));
    await world.observe(
      observed(5, { revision: 2, effective_at: '2026-04-01T02:00:00Z', attrs: { size_slug: 's-1vcpu-2gb' } }),
    );
    await world.observe(
      observed(5, { revision: 3, effective_at: '2026-04-01T01:00:00Z', attrs: { size_slug: 's-4vcpu-8gb' } }),
    );
    expect(await world.rows(5, 'all')).toEqual([]);
  });

  it('counts a revision on when it differs in another way', async () => {
    await world.want(wanted(6));
    await world.observe(observed(6));
    await world.observe(
      observed(6, { revision: 2, effective_at: '2026-04-01T01:00:00Z', attrs: { size_slug: 's-4vcpu-8gb' } }),
    );
    expect(await world.rows(6, 'all')).toMatchObject([{ status: 'open', revision: 2, actual: 's-4vcpu-8gb' }]);
  });

  it('says what it costs a month', async () => {
    const price = {
      provider: 'digitalocean',
      price_hourly: '0.01',
      currency: 'USD',
      effective_at: '2026-03-01T00:00:00Z',
      observed_at: '2026-03-01T00:00:00Z',
    };
    await publishEvent(world.nats, inventorySync.priceObserved, [
      { ...price, size_slug: 's-1vcpu-1gb', price_monthly: '6' },
      { ...price, size_slug: 's-1vcpu-2gb', price_monthly: '12.50' },
    ]);
    await world.running.settled();
    expect((await first(1)).monthly_cost).toEqual({ amount: '-6.5', currency: 'USD' });
    expect((await first(6)).monthly_cost).toBeNull();
  });

  it('that cannot be read is parked and holds nobody up', async () => {
    await publishRaw(world.nats, {
      subject: 'resource.observed.digitalocean.droplet.x',
      payload: '{"broken":true}',
      headers: {
        'ce-type': 'resource.observed',
        'ce-dataversion': '1',
        'ce-id': crypto.randomUUID(),
        'ce-time': '2026-04-01T00:00:00Z',
      },
    });
    await world.want(wanted(7));
    await world.observe(observed(7));
    expect(await world.rows(7)).toHaveLength(1);
  });
});

describe('a resource', () => {
  it('that is gone is missing; one that is not there yet is not', async () => {
    const justMade = wanted(10, { saga_id: '99999999-9999-4999-8999-999999999999' });
    await world.want(justMade);
    await world.swept('2026-04-01T00:00:00Z');
    await world.sweep('2026-04-01T01:20:00Z');
    expect(await world.rows(10)).toEqual([]);
    await world.swept('2026-04-01T00:15:00Z');
    await world.sweep('2026-04-01T02:20:00Z');
    expect(await world.rows(10)).toMatchObject([{ kind: 'missing', field: drift.presenceField }]);
    await world.want(wanted(11));
    await world.observe(observed(11, { is_present: false, cause: 'deleted' }));
    expect(await world.rows(11)).toMatchObject([{ kind: 'missing' }]);
  });

  it('that is nobody’s and costs money is unmanaged, until it is somebody’s', async () => {
    const nobody = { tenant_id: null, deployment_id: null, project_id: null, attributed_by: null };
    await world.observe(observed(12, { owner: nobody }));
    expect(await world.rows(12)).toEqual([]);
    await world.sweep('2026-04-01T03:20:00Z');
    expect(await world.rows(12)).toMatchObject([
      { kind: 'unmanaged', field: drift.ownerField, actual: { region: 'syd1', size_slug: 's-1vcpu-1gb' } },
    ]);
    const inProject = { ...nobody, project_id: '99999999-9999-4999-8999-999999999999' };
    await world.observe(observed(12, { revision: 2, effective_at: '2026-04-01T03:30:00Z', owner: inProject }));
    expect(await world.rows(12, 'all')).toMatchObject([{ status: 'stale' }]);
  });
});

describe('a request', () => {
  it('is made by one of two operators, and closed by its outcome only', async () => {
    await world.want(wanted(20));
    await world.observe(observed(20));
    const row = await first(20);
    const answers = await Promise.all([
      world.ask(drift.acceptDrift, { drift_id: row.drift_id }),
      world.ask(drift.acceptDrift, { drift_id: row.drift_id }),
    ]);
    expect(answers.filter(isRefusal)).toMatchObject([{ refused: 'conflict' }]);
    // Mended meanwhile: still asked about, so still open.
    await world.observe(
      observed(20, { revision: 2, effective_at: '2026-04-01T01:00:00Z', attrs: { size_slug: 's-1vcpu-2gb' } }),
    );
    expect(await first(20)).toMatchObject({ requested: { action: 'accept', by: 'op' } });
    const accepted = wanted(20, {
      spec_version: 2,
      revision: 2,
      spec: { size_slug: 's-1vcpu-1gb', region: 'syd1' },
      in_reply_to: replyTo(row, 'accepted'),
    });
    await world.want(accepted, accepted);
    const rows = await world.rows(20, 'all');
    expect(rows.find(({ drift_id }) => drift_id === row.drift_id)).toMatchObject({
      status: 'accepted',
      closed_by: 'op',
    });
    const closed = (await publishedEvents(world.database, drift.driftClosed)).filter(
      ({ data }) => data.drift_id === row.drift_id,
    );
    expect(closed.map(({ data }) => data.status)).toEqual(['accepted']);
    expect(drift.driftClosed.data.safeParse(closed[0]?.data).success).toBe(true);
  });

  it('that is refused opens the row again with the reason, and may be made again', async () => {
    await world.want(wanted(21));
    await world.observe(observed(21));
    const row = await first(21);
    await world.get(drift.revertDrift, { drift_id: row.drift_id });
    expect(await world.ask(drift.ignoreDrift, { drift_id: row.drift_id, reason: 'x' })).toMatchObject({
      refused: 'conflict',
    });
    await world.want(
      wanted(21, {
        revision: 2,
        in_reply_to: replyTo(row, 'refused'),
        saga_id: '99999999-9999-4999-8999-999999999999',
      }),
    );
    expect(await first(21)).toMatchObject({ drift_id: row.drift_id, requested: null, refusal: 'the provider said no' });
    await world.get(drift.revertDrift, { drift_id: row.drift_id });
    const events = (await publishedEvents(world.database, drift.driftRevertRequested)).filter(
      ({ data }) => data.drift_id === row.drift_id,
    );
    expect(events.map(({ data }) => data.request)).toEqual([1, 2]);
  });

  it('that is reverted is not found again by what was seen before', async () => {
    await world.want(wanted(22));
    await world.observe(observed(22));
    const row = await first(22);
    await world.get(drift.revertDrift, { drift_id: row.drift_id });
    const restored = { saga_id: '99999999-9999-4999-8999-999999999999', effective_at: '2026-04-01T04:00:00Z' };
    await world.want(wanted(22, { revision: 2, ...restored, in_reply_to: replyTo(row, 'reverted') }));
    await world.sweep('2026-04-01T04:20:00Z');
    expect(await world.rows(22, 'all')).toMatchObject([{ status: 'reverted' }]);
    await world.observe(
      observed(22, {
        revision: 2,
        effective_at: '2026-04-01T04:00:00Z',
        observed_at: '2026-04-01T04:15:00Z',
        attrs: { size_slug: 's-1vcpu-2gb' },
      }),
    );
    await world.sweep('2026-04-01T05:20:00Z');
    expect(await world.rows(22, 'all')).toHaveLength(1);
  });

  it('to revert what no saga can put back is refused', async () => {
    await world.want(wanted(23, { spec: { region: 'fra1' } }));
    await world.observe(observed(23));
    expect(await world.ask(drift.revertDrift, { drift_id: (await first(23)).drift_id })).toMatchObject({
      refused: 'not-revertible',
      field: 'region',
    });
  });
});

describe('an ignored field', () => {
  it('closes what is open of it, here or of every resource of the kind, and is compared again when it is let go', async () => {
    await world.want(wanted(30, { spec: { image: 'debian' } }), wanted(31, { spec: { image: 'debian' } }));
    await world.observe(observed(30), observed(31));
    const here = await world.get(drift.ignoreDrift, { drift_id: (await first(30)).drift_id, reason: 'known' });
    expect(here).toMatchObject({
      resource_id: resourceId('digitalocean', 'droplet', '30'),
      ignored_by: 'op',
      reason: 'known',
    });
    expect(await world.rows(30)).toEqual([]);
    const all = await world.get(drift.ignoreDrift, {
      drift_id: (await first(31)).drift_id,
      scope: 'kind',
      reason: 'never told',
    });
    expect(await world.rows(31)).toEqual([]);
    await world.sweep('2026-04-01T06:20:00Z');
    expect([...(await world.rows(30)), ...(await world.rows(31))]).toEqual([]);
    for (const { rule_id } of [here, all]) await world.get(drift.stopIgnoring, { rule_id });
    await world.sweep('2026-04-01T07:20:00Z');
    expect([...(await world.rows(30)), ...(await world.rows(31))]).toHaveLength(2);
  });
});
