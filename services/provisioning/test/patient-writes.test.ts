import { provisioning } from '@arcadia/contracts';
import { eventually } from '@arcadia/testkit';
import { describe, expect, it } from 'vitest';
import { lineOf } from './line.ts';
import { actionsAt, observe, openProviderStage, powerOf, runSaga, type Stage, untilEnded, worker } from './stage.ts';

const blocking = 'There are currently blocking events processing for one or more of the droplets.';
const actions = { method: 'POST', path: '^/v2/droplets/101/actions$' };
const resize = { provider_id: '101', size_slug: 's-1vcpu-2gb', confirm: 'web-1' };

/** A deployment that owns these droplets. */
const deploymentOf = async (stage: Stage, ...numbers: number[]): Promise<string> => {
  const { deployment_id } = await stage.reply(provisioning.createDeployment, { tenant_id: 'acme', slug: 'shop' });
  const owner = { tenant_id: 'acme', deployment_id, project_id: null, attributed_by: 'hand' };
  for (const number of numbers) await observe(stage, number, { owner });
  return deployment_id;
};

describe('provisioning: a write that the provider refuses for the present', () => {
  it('a cancelled droplet is deleted when its pending event is over', async () => {
    await using stage = await openProviderStage(
      [{ kind: 'refused', match: { method: 'DELETE', path: '^/v2/droplets/' }, times: 3 }],
      { ARCADIA_WRITE: '1' },
      { provider: { behaviour: { action_polls: 7, action_seconds: 3_600 } } },
    );
    const { saga_id } = await stage.reply(provisioning.startSaga, { kind: 'provision_droplet', inputs: worker });
    await eventually('the droplet is created', async () =>
      actionsAt(stage.simulator).includes('create') ? true : null,
    );
    await stage.reply(provisioning.cancelSaga, { saga_id, reason: 'no longer wanted' });
    const saga = await untilEnded(stage, saga_id);
    expect(saga.status).toBe('rolled_back');
    const deletions = stage.simulator.requests.filter(({ method }) => method === 'DELETE');
    expect(deletions.map(({ status }) => status)).toEqual([422, 422, 422, 204]);
    expect(await powerOf(stage.simulator, Number(saga.context['droplet_id']))).toBe('gone');
  });

  it.each([
    ['resize', 1],
    ['shutdown', 0],
  ])('a %s is repeated when the event that blocked it is over, and the droplet is resized once', async (_, skip) => {
    await using stage = await openProviderStage([
      { kind: 'refused', message: blocking, match: actions, skip, times: 1 },
    ]);
    await observe(stage, 101);
    const saga = await runSaga(stage, 'resize_droplet', resize);
    expect(saga).toMatchObject({ status: 'completed', waiting: null });
    expect(await powerOf(stage.simulator, 101)).toBe('s-1vcpu-2gb active');
    expect(actionsAt(stage.simulator)).toEqual(['shutdown', 'resize', 'power_on']);
  });

  it.each([409, 412, 423])('a shutdown that is refused with %d is repeated', async (status) => {
    await using stage = await openProviderStage([{ kind: 'refused', status, message: 'x', match: actions, times: 1 }]);
    await observe(stage, 101);
    expect((await runSaga(stage, 'resize_droplet', resize)).status).toBe('completed');
  });

  it('a suspension is repeated when its first command is refused', async () => {
    await using stage = await openProviderStage([{ kind: 'refused', match: actions, times: 1 }]);
    const deployment_id = await deploymentOf(stage, 101);
    expect((await runSaga(stage, 'suspend', { deployment_id, confirm: 'shop' })).status).toBe('completed');
    expect(await powerOf(stage.simulator, 101)).toBe('s-1vcpu-1gb off');
  });

  it('the droplets of an offboarding are deleted when their events are over', async () => {
    await using stage = await openProviderStage([
      { kind: 'refused', match: { method: 'DELETE', path: '^/v2/droplets/104/' }, times: 2 },
    ]);
    const deployment_id = await deploymentOf(stage, 101, 104);
    expect((await runSaga(stage, 'offboard', { deployment_id, confirm: 'shop' })).status).toBe('completed');
    expect([await powerOf(stage.simulator, 101), await powerOf(stage.simulator, 104)]).toEqual(['gone', 'gone']);
  });

  it.each([
    ['a pending event', { kind: 'refused' }, 'pending event', 8],
    ['the rate limit', { kind: '429', retry_after: 3_600 }, 'too_many_requests', 65],
  ])(
    'a saga that waits because of %s gives its next attempt and its deadline, and the service stops at once',
    async (...given) => {
      const [, fault, reason, minutes] = given;
      await using stage = await openProviderStage([{ ...fault, match: actions }]);
      await observe(stage, 101);
      const { saga_id } = await stage.reply(provisioning.startSaga, { kind: 'resize_droplet', inputs: resize });
      const { waiting } = await eventually('the saga waits', async () => {
        const saga = await stage.reply(provisioning.getSaga, { saga_id });
        return saga.waiting?.reason.includes(reason) === true ? saga : null;
      });
      const next = Temporal.Instant.from(waiting?.next_attempt_at ?? '');
      const until = Temporal.Instant.from(waiting?.until ?? '');
      expect(Temporal.Instant.compare(next, until)).toBe(-1);
      expect(Temporal.Now.instant().until(until).total('minutes')).toBeGreaterThan(minutes);
      const started = performance.now();
      await stage.running[Symbol.asyncDispose]();
      expect(performance.now() - started).toBeLessThan(5_000);
    },
  );

  it.each(['service_down', 'not_found', undefined])(
    'an assignment to a project that the provider accepts with the status %s, without carrying it out, is repeated',
    async (status) => {
      let sent = 0;
      const line = lineOf(async ({ method, path, body }, forward) => {
        if (method !== 'POST' || !path.startsWith('/v2/projects/')) return forward();
        sent += 1;
        const [urn] = (JSON.parse(body) as { resources: string[] }).resources;
        return sent > 2 ? forward() : { status: 200, body: JSON.stringify({ resources: [{ urn, status }] }) };
      });
      await using stage = await openProviderStage([], undefined, { line });
      const project = '3d5b9c1e-7f42-4c1a-9e0b-5a6d8c2f1a10';
      const saga = await runSaga(stage, 'provision_droplet', { ...worker, provider_project_id: project });
      expect([saga.status, sent]).toEqual(['completed', 3]);
      expect(saga.ledger.find(({ name }) => name === 'assign-to-project')?.attempts).toMatchObject([{ attempt: 1 }]);
    },
  );

  it('a droplet on which another event runs gets its command when the event is over; until then the saga names the droplet', async () => {
    let looks = 0;
    const line = lineOf(async ({ method, path }, forward) => {
      const reply = await forward();
      if (method !== 'GET' || path !== '/v2/droplets/101') return reply;
      looks += 1;
      return looks > 4 ? reply : { status: 200, body: reply.body.replace('"locked":false', '"locked":true') };
    });
    await using stage = await openProviderStage([], undefined, { line });
    await observe(stage, 101);
    const { saga_id } = await stage.reply(provisioning.startSaga, { kind: 'resize_droplet', inputs: resize });
    await eventually('the saga shows what it waits for', async () => {
      const { waiting } = await stage.reply(provisioning.getSaga, { saga_id });
      return waiting?.reason === 'Another event runs on droplet 101.' ? true : null;
    });
    expect(actionsAt(stage.simulator)).toEqual([]);
    expect((await untilEnded(stage, saga_id)).status).toBe('completed');
    expect(actionsAt(stage.simulator)).toEqual(['shutdown', 'resize', 'power_on']);
  });

  it('a saga that may send nothing because another has used up the limit shows until when, and keeps its time', async () => {
    const spent = { kind: '429', retry_after: 3_600, match: { path: '^/v2/regions' }, times: 1 };
    await using stage = await openProviderStage([spent]);
    // A budget waits only while the clock runs.
    const ticking = setInterval(() => stage.clock.set(stage.clock.now().add({ milliseconds: 50 })), 50);
    try {
      const start = () => stage.reply(provisioning.startSaga, { kind: 'provision_droplet', inputs: worker });
      const waitOf = (saga_id: string) =>
        eventually('the saga waits', async () => (await stage.reply(provisioning.getSaga, { saga_id })).waiting);
      await waitOf((await start()).saga_id);
      const { saga_id } = await start();
      const waiting = await waitOf(saga_id);
      expect(waiting.reason).toMatch(/not sent: the provider's limits allow no request for 3\d\d\d s/);
      const minutesUntil = (text: string) => Temporal.Now.instant().until(text).total('minutes');
      expect(minutesUntil(waiting.next_attempt_at)).toBeGreaterThan(55);
      expect(minutesUntil(waiting.until)).toBeGreaterThan(65);
      const quoted = { kind: 'provision_droplet', inputs: worker } as const;
      expect(await stage.request(provisioning.quoteSaga, quoted)).toMatchObject({ refused: 'unavailable' });
    } finally {
      clearInterval(ticking);
    }
  });
});
