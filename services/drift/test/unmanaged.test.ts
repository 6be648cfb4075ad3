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
});
