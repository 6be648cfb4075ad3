import { drift } from '@arcadia/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { observed, openStage, unowned } from './stage.ts';

let stage: Awaited<ReturnType<typeof openStage>>;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage[Symbol.asyncDispose]());

describe('drift: a resource', () => {
  it('is unmanaged while it costs money and has no owner', async () => {
    await stage.observe(observed(12, { owner: unowned }));
    expect(await stage.rows(12)).toEqual([]);
    await stage.sweep('2026-04-01T03:20:00Z');
    expect(await stage.rows(12)).toMatchObject([
      { kind: 'unmanaged', field: drift.ownerField, actual: { region: 'syd1', size_slug: 's-1vcpu-1gb' } },
    ]);
    // In the default project it is still unowned; in the operator's own project it is not.
    const inDefault = { ...unowned, project_id: '99999999-9999-4999-8999-999999999999' };
    await stage.observe(observed(12, { revision: 2, effective_at: '2026-04-01T03:30:00Z', owner: inDefault }));
    expect(await stage.rows(12)).toMatchObject([{ kind: 'unmanaged' }]);
    const inProject = { ...inDefault, attributed_by: 'project' as const };
    await stage.observe(observed(12, { revision: 3, effective_at: '2026-04-01T03:40:00Z', owner: inProject }));
    expect(await stage.rows(12, 'all')).toMatchObject([{ status: 'stale' }]);
  });

  it('has its money a month, or the reason that it is unknown', async () => {
    const resource = (number: number, kind: string, attrs: Record<string, string | number | null>) =>
      observed(number, { kind, attrs, owner: unowned });
    await stage.observe(
      resource(21, 'volume', { size_gb: '100' }),
      resource(22, 'volume', { size_gb: null }),
      resource(23, 'load_balancer', { node_count: 2 }),
      resource(24, 'floating_ip', { assigned_to: null }),
      resource(25, 'droplet', { size_slug: 'gpu-h100x1-80gb' }),
      resource(26, 'managed_db', { size_slug: 'db-s-1vcpu-1gb', node_count: 1 }),
    );
    await stage.sweep('2026-04-01T05:20:00Z');
    const rows = await Promise.all([21, 22, 23, 24, 25, 26].map(async (number) => (await stage.rows(number))[0]));
    expect(rows.map((row) => row?.monthly_cost?.amount ?? row?.monthly_cost_unknown_because)).toEqual([
      '10',
      'The size of the volume is unknown.',
      '24',
      '5',
      'The list price of the size gpu-h100x1-80gb is unknown.',
      'The list price of the size db-s-1vcpu-1gb is unknown.',
    ]);
  });
});
