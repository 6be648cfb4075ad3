import { type EventData, type inventorySync, resourceId } from '@arcadia/contracts';
import { parseWorld } from '@arcadia/digitalocean-simulator';

export const projectId = '3d5b9c1e-7f42-4c1a-9e0b-5a6d8c2f1a10';
export const firstDroplet = 1_000;
export const fleet = 400;

/** A way in which the provider misbehaves; see the simulator's `faults`. */
export type Fault = {
  kind: string;
  match: { method: string; path: string };
  status?: number;
  seconds?: number;
  times?: number;
};

const numbers = Array.from({ length: fleet }, (_, index) => index);

/** The id of the volume that is attached to a droplet. */
export const volumeOf = (dropletId: string | number): string =>
  `5a6d8c2f-0000-4000-8000-${String(dropletId).padStart(12, '0')}`;

/** An account with a fleet of droplets, each with a volume. */
export const worldOf = (faults: readonly Fault[]) =>
  parseWorld(
    JSON.stringify({
      period: '2026-04',
      provider: {
        account: { droplet_limit: 10_000 },
        // The rate limit is not under test, and the stage sends many requests.
        rate_limit: { per_minute: 1_000_000, per_hour: 1_000_000 },
        projects: [
          { name: 'Default', is_default: true },
          { name: 'acme', id: projectId },
        ],
        droplets: numbers.map((number) => ({ id: firstDroplet + number, name: `web-${number}`, project: 'acme' })),
        volumes: numbers.map((number) => ({
          id: volumeOf(firstDroplet + number),
          name: `data-${number}`,
          droplet: `web-${number}`,
          project: 'acme',
        })),
        faults,
      },
    }),
    'kill-matrix.json',
  );

/** The observation of a droplet of the fleet. */
export const observedDroplet = (
  number: number,
  deploymentId: string,
): EventData<typeof inventorySync.resourceObserved> => ({
  resource_id: resourceId('digitalocean', 'droplet', String(firstDroplet + number)),
  provider: 'digitalocean',
  kind: 'droplet',
  provider_id: String(firstDroplet + number),
  name: `web-${number}`,
  revision: 1,
  effective_at: '2026-03-01T00:00:00Z',
  observed_at: '2026-03-31T23:00:00Z',
  is_present: true,
  status: 'active',
  region: 'syd1',
  created_at: '2026-03-01T00:00:00Z',
  attrs: { size_slug: 's-1vcpu-1gb' },
  owner: { tenant_id: 'acme', deployment_id: deploymentId, project_id: null, attributed_by: 'hand' },
  cause: 'discovered',
});
