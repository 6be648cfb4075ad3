import { drift, provisioning, resourceId } from '@arcadia/contracts';
import { eventually, publishEvent, publishedEvents } from '@arcadia/testkit';
import { describe, expect, it } from 'vitest';
import { observe, openProviderStage, powerOf, type Stage } from './stage.ts';

describe('provisioning: requests of drift', () => {
  const request = (given: object) => ({
    drift_id: '77777777-7777-4777-8777-777777777777',
    resource_id: resourceId('digitalocean', 'droplet', '101'),
    deployment_id: null,
    tenant_id: null,
    kind: 'field' as const,
    field: 'size_slug',
    expected: 's-1vcpu-2gb',
    actual: 's-1vcpu-1gb',
    spec_version: 1,
    revision: 1,
    request: 1,
    requested_by: 'op',
    requested_at: '2026-04-01T00:00:00Z',
    ...given,
  });
  const replies = async (stage: Stage) =>
    (await publishedEvents(stage.database, provisioning.resourceProvisioned)).flatMap(({ data }) =>
      data.in_reply_to === null ? [] : [data],
    );
  const desire = (stage: Stage, spec: Record<string, string>) =>
    stage.reply(provisioning.setDesiredState, { resource_id: resourceId('digitalocean', 'droplet', '101'), spec });

  it('an accepted drift becomes the desired state once, unless that has changed meanwhile', async () => {
    await using stage = await openProviderStage();
    await observe(stage, 101);
    await desire(stage, { size_slug: 's-1vcpu-2gb', region: 'syd1' });
    await publishEvent(stage.nats, drift.driftAccepted, request({}));
    await publishEvent(stage.nats, drift.driftAccepted, request({}), { headers: { 'Nats-Msg-Id': 'again' } });
    await publishEvent(stage.nats, drift.driftAccepted, request({ request: 2 }));
    await stage.running.settled();
    expect(await replies(stage)).toMatchObject([
      {
        spec: { size_slug: 's-1vcpu-1gb', region: 'syd1' },
        spec_version: 2,
        in_reply_to: { outcome: 'accepted', request: 1 },
      },
      { spec_version: 2, in_reply_to: { outcome: 'refused', request: 2 } },
    ]);
  });

  it('the reversal of a drift runs a saga, whose end is the reply', async () => {
    await using stage = await openProviderStage();
    await observe(stage, 101);
    await desire(stage, { size_slug: 's-1vcpu-2gb', region: 'syd1' });
    await publishEvent(stage.nats, drift.driftRevertRequested, request({}));
    const [reply] = await eventually('the reply', async () => {
      const found = await replies(stage);
      return found.length > 0 ? found : null;
    });
    expect(reply).toMatchObject({
      spec: { size_slug: 's-1vcpu-2gb' },
      spec_version: 1,
      in_reply_to: { outcome: 'reverted' },
    });
    expect(await powerOf(stage.simulator, 101)).toBe('s-1vcpu-2gb active');
  });

  it('a failed reversal is replied to with the step that failed', async () => {
    await using stage = await openProviderStage([], {});
    await observe(stage, 101);
    await desire(stage, { size_slug: 's-1vcpu-2gb' });
    await publishEvent(stage.nats, drift.driftRevertRequested, request({}));
    const [reply] = await eventually('the reply', async () => {
      const found = await replies(stage);
      return found.length > 0 ? found : null;
    });
    expect(reply?.in_reply_to).toMatchObject({ outcome: 'refused', detail: expect.stringContaining('check-request') });
  });
});
