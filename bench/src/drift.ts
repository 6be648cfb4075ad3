import { service } from '@arcadia/drift';
import { awaitJob, createLog, startService, triggerJob } from '@arcadia/platform';
import { sql } from 'kysely';
import { openComparison } from './bare/compare-fields.ts';
import type { Bench } from './bench.ts';
import { createServiceDatabase } from './service-database.ts';

/** A fleet in which every other resource differs in two of its five fields: its size and one tag. */
const resources = 10_000;
const differing = resources;

const spec = `jsonb_build_object('name', 'web-' || n, 'region', 'syd1', 'size_slug', 's-1vcpu-2gb', 'vcpus', 2,
  'tags', jsonb_build_array('web', 'blue', 'acme'))`;
const attrs = `jsonb_build_object('vcpus', '2', 'image', 'ubuntu-24-04-x64',
  'size_slug', CASE n % 2 WHEN 0 THEN 's-1vcpu-2gb' ELSE 's-2vcpu-2gb' END,
  'tags', jsonb_build_array('acme', 'web', CASE n % 2 WHEN 0 THEN 'blue' ELSE 'green' END))`;
const fleet = `FROM generate_series(1, ${resources}) AS n`;

export const drift: Bench = {
  name: 'drift',
  unit: 'resources/s',
  summary:
    'a sweep over 10,000 resources, half of which have drifted, against the bare comparison in SQL (at most twice its time)',
  gate: { kind: 'at-least', gate: 0.6, aim: 0.7 },
  pairs: 9,
  async prepare(stage) {
    const url = await createServiceDatabase(stage, 'drift');
    const log = createLog({ name: 'drift', level: 'error', destination: process.stderr });
    const running = await startService(service, {
      env: { DATABASE_URL: url, NATS_URL: stage.natsUrl },
      log,
      scheduler: false,
    });
    stage.defer(() => running.stop());
    const { db } = running.context;
    await sql
      .raw(`
      INSERT INTO desired (resource_id, provider, kind, provider_id, spec, spec_version, revision)
      SELECT event_id('bench', n::text), 'digitalocean', 'droplet', n::text, ${spec}, 1, 1 ${fleet}`)
      .execute(db);
    await sql
      .raw(`
      INSERT INTO live (resource_id, provider, kind, provider_id, name, status, region, attrs, is_present, tenant_id,
        effective_at, observed_at, revision)
      SELECT event_id('bench', n::text), 'digitalocean', 'droplet', n::text, 'web-' || n, 'active', 'syd1', ${attrs}, true, 'acme',
        '2026-04-01Z', '2026-04-01Z', 1 ${fleet}`)
      .execute(db);
    await sql`ANALYZE desired, live`.execute(db);

    const bare = await openComparison(url);
    stage.defer(() => bare.close());
    await bare.fill(`SELECT n, ${spec} ${fleet}`, `SELECT n, 'web-' || n, 'syd1', ${attrs} ${fleet}`);

    let sweeps = 0;
    let found = 0;
    /** The first sweep finds and publishes all drift; the timed ones find it unchanged. */
    const sweep = async (): Promise<number> => {
      sweeps += 1;
      const scheduledAt = Temporal.Instant.from('2026-04-01T00:20:00Z').add({ hours: sweeps });
      const started = performance.now();
      await triggerJob(running.bus, 'drift', 'sweep-drift', { scheduledAt });
      await awaitJob(running.bus, 'drift', 'sweep-drift', { scheduledAt });
      return performance.now() - started;
    };
    const firstMs = await sweep();
    await sql`VACUUM ANALYZE cloud_drift`.execute(db);
    return {
      ours: async () => ({ units: resources, ms: await sweep() }),
      async bare() {
        const result = await bare.compare();
        found = result.differing;
        return { units: resources, ms: result.ms };
      },
      async check() {
        const open = await sql<{
          open: number;
        }>`SELECT count(*)::int AS open FROM cloud_drift WHERE status = 'open'`.execute(db);
        const counted = open.rows[0]?.open;
        if (found !== differing || counted !== differing) {
          throw new Error(`${differing} fields differ; the bare comparison found ${found}, the sweep ${counted}`);
        }
      },
      notes: async () => ({ 'first sweep, which writes and publishes 10,000 rows, ms': firstMs }),
    };
  },
};
