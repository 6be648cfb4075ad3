import { dayInterval } from '@arcadia/contracts';
import type pg from 'pg';

/** Writes an unchanging fleet into metering's tables: ten resources to a deployment, fifty deployments to a tenant; droplets of three sizes. */
export async function writeFleet(client: pg.Client, resources: number): Promise<void> {
  await client.query(
    `INSERT INTO metering.observations (resource_id, revision, kind, billing_kinds, effective_at, observed_at, is_present, units,
       dimensions, tenant_id, deployment_id, name, status, attrs, event_id, stream, stream_seq)
     SELECT md5('resource' || n)::uuid, 1, (ARRAY['droplet', 'volume', 'snapshot', 'dns_zone'])[n % 4 + 1],
       ARRAY[(ARRAY['droplet_hours', 'volume_gb_month', 'snapshot_gb_month', 'dns_zones'])[n % 4 + 1]],
       '2026-03-15T00:00:00Z', '2026-03-15T00:00:00Z', true, ARRAY[(ARRAY[1, 100, 12.5, 1])[n % 4 + 1]],
       ARRAY[CASE WHEN n % 4 = 0 THEN (ARRAY['s-1vcpu-1gb', 's-2vcpu-4gb', 'g-32vcpu-128gb'])[n % 3 + 1] ELSE '' END],
       'tenant-' || n / 500, md5('deployment' || n / 10)::uuid, 'resource-' || n, 'active', '{}', md5('event' || n)::uuid, 'INVENTORY', n
     FROM generate_series(0, $1::int - 1) AS n`,
    [resources],
  );
}

export const aprilDays = (count: number): string[] =>
  Array.from({ length: count }, (_, index) =>
    dayInterval(`2026-04-${String(index + 1).padStart(2, '0')}`).start.toString(),
  );
