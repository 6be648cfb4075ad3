import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE size_shapes (
      provider text NOT NULL,
      slug text NOT NULL,
      vcpus text NOT NULL,
      memory_mb text NOT NULL,
      disk_gb text NOT NULL,
      PRIMARY KEY (provider, slug, vcpus, memory_mb, disk_gb)
    )`.execute(db);
  await sql`
    COMMENT ON TABLE size_shapes IS 'Shapes that droplets of each size slug have had, from resource.observed: the provider renames sizes'`.execute(
    db,
  );
  await sql`
    INSERT INTO size_shapes
    SELECT DISTINCT provider, attrs ->> 'size_slug', attrs ->> 'vcpus', attrs ->> 'memory_mb', attrs ->> 'disk_gb' FROM live
    WHERE kind = 'droplet' AND attrs ->> 'size_slug' IS NOT NULL AND attrs ->> 'vcpus' IS NOT NULL
      AND attrs ->> 'memory_mb' IS NOT NULL AND attrs ->> 'disk_gb' IS NOT NULL`.execute(db);
}
