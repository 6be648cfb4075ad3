import { readFileSync } from 'node:fs';
import { inventorySync, resourceKinds } from '@arcadia/contracts';
import { describe, expect, test } from 'vitest';
import { deploymentId, granted, openStage, timeline } from './stage.ts';

const pilot = JSON.parse(readFileSync(new URL('../../../worlds/pilot.json', import.meta.url), 'utf8'));
const acmeProject = '3d5b9c1e-7f42-4c1a-9e0b-5a6d8c2f1a10';

describe('a first sweep', () => {
  test('finds every resource with its owner and publishes it once', async () => {
    await using stage = await openStage(pilot, '2026-03-31T23:00:00Z', { ARCADIA_WRITE: '1' });
    await stage.deploy('acme-web', {
      project_bindings: [{ provider: 'digitalocean', provider_project_id: acmeProject }],
    });
    await stage.sweep('2026-03-31T23:00:00Z');

    const observed = await stage.observed();
    const web = timeline(observed, 'acme-web-1').filter(({ kind }) => kind === 'droplet');
    expect(web.map(({ effective_at, owner, status }) => [effective_at, owner.deployment_id, status])).toEqual([
      ['2026-02-10T03:00:00Z', null, 'active'],
      ['2026-03-31T23:00:00Z', deploymentId('acme-web'), 'active'],
    ]);
    const kinds = new Set((await stage.swept()).map(({ kind }) => kind));
    expect([...kinds].toSorted()).toEqual(Object.keys(resourceKinds).toSorted());
    const before = observed.length;
    await stage.sweep('2026-03-31T23:15:00Z');
    expect((await stage.observed()).length).toBe(before);

    const snapshot = timeline(observed, 'acme-web-1-base').at(-1);
    expect(snapshot?.owner).toMatchObject({ deployment_id: deploymentId('acme-web'), attributed_by: 'source' });
    const listed = granted(await stage.ask(inventorySync.listResources, { kind: 'droplet' }));
    expect(listed.items.map(({ name }) => name)).toContain('acme-web-1');
    expect(stage.simulator.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
  });
});
