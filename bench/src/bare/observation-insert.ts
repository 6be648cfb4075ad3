import { createHash } from 'node:crypto';
import pg from 'pg';

/**
 * The bare limit of storing observations: rows of the same columns and keys by `unnest` and ON CONFLICT, a thousand per
 * transaction, without any messages. Imports none of our code.
 */
export async function openObservationInsert(url: string) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(
    `CREATE TABLE bare_observations (
      resource_id uuid NOT NULL, revision integer NOT NULL, seq bigint GENERATED ALWAYS AS IDENTITY, kind text NOT NULL,
      billing_kind text NOT NULL, effective_at timestamptz NOT NULL, observed_at timestamptz NOT NULL,
      is_present boolean NOT NULL, units numeric NOT NULL, tenant_id text, deployment_id uuid, name text NOT NULL,
      status text, attrs json NOT NULL, event_id uuid NOT NULL, stream text NOT NULL, stream_seq bigint NOT NULL,
      PRIMARY KEY (resource_id, revision));
    CREATE INDEX ON bare_observations (seq)`,
  );
  const attrs = JSON.stringify({
    size_slug: 's-1vcpu-1gb',
    vcpus: 1,
    memory_mb: 1024,
    disk_gb: 25,
    image: 'ubuntu-24-04-x64',
    tags: ['web'],
  });
  const uuidOf = (text: string) => createHash('md5').update(text).digest('hex');
  return {
    /** Returns the duration in milliseconds, without the time to make the ids. */
    async insert(options: { count: number; size: number; run: string }): Promise<number> {
      const ids = Array.from({ length: options.count }, (_, index) => uuidOf(`${options.run}-${index}`));
      const started = performance.now();
      for (let from = 0; from < options.count; from += options.size) {
        const slice = ids.slice(from, from + options.size);
        const all = <T>(value: T) => slice.map(() => value);
        await client.query('BEGIN');
        await client.query(
          `INSERT INTO bare_observations (resource_id, revision, kind, billing_kind, effective_at, observed_at, is_present, units,
             tenant_id, deployment_id, name, status, attrs, event_id, stream, stream_seq)
           SELECT * FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::boolean[],
             $8::numeric[], $9::text[], $10::uuid[], $11::text[], $12::text[], $13::json[], $14::uuid[], $15::text[], $16::bigint[])
           ON CONFLICT (resource_id, revision) DO NOTHING`,
          [
            slice,
            all(1),
            all('droplet'),
            all('droplet_hours'),
            all('2026-04-01T00:00:00Z'),
            all('2026-04-01T00:00:00Z'),
            all(true),
            all('1'),
            all('acme.com'),
            all(ids[0]),
            all('web'),
            all('active'),
            all(attrs),
            slice,
            all('INVENTORY'),
            all(1),
          ],
        );
        await client.query('COMMIT');
      }
      return performance.now() - started;
    },
    async count(): Promise<number> {
      return (await client.query('SELECT count(*)::int AS count FROM bare_observations')).rows[0].count;
    },
    close: () => client.end(),
  };
}
