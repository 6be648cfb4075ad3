import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE cloud_drift ADD COLUMN reason text`.execute(db);
  await sql`COMMENT ON COLUMN cloud_drift.reason IS 'Reason given with the last request; null: none'`.execute(db);
  await sql`
    CREATE TABLE image_slugs (
      provider text NOT NULL,
      slug text NOT NULL,
      image_id text NOT NULL,
      PRIMARY KEY (provider, slug, image_id)
    )`.execute(db);
  await sql`
    COMMENT ON TABLE image_slugs IS 'Images that each image slug has named, from resource.observed: a slug moves on to newer images'`.execute(
    db,
  );
  await sql`
    INSERT INTO image_slugs
    SELECT DISTINCT provider, attrs ->> 'image', attrs ->> 'image_id' FROM live
    WHERE kind = 'droplet' AND attrs ->> 'image' IS NOT NULL AND attrs ->> 'image_id' IS NOT NULL`.execute(db);
}
