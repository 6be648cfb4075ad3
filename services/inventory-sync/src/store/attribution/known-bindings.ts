import { type Kysely, type RawBuilder, sql } from 'kysely';
import { provider } from '../../domain/resources/resource.ts';
import type { Tables } from '../schema.ts';

/** Those of these ids, in their order, that no present project has. */
export async function unknownProjects(db: Kysely<Tables>, providerIds: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    SELECT named.name FROM unnest(${providerIds}::text[]) WITH ORDINALITY AS named(name, place)
    WHERE NOT EXISTS (SELECT 1 FROM cloud_projects AS p
      WHERE p.provider = ${provider} AND p.provider_id = named.name AND p.gone_at IS NULL)
    ORDER BY named.place`.execute(db);
  return rows.map(({ name }) => name);
}

/** Tags of all resources, also of deleted ones: the provider keeps a tag that no resource carries. */
const carried = sql`cloud_resources AS r CROSS JOIN LATERAL jsonb_array_elements_text(
  CASE WHEN jsonb_typeof(r.attrs -> 'tags') = 'array' THEN r.attrs -> 'tags' ELSE '[]' END) AS t(tag)`;

/** Those of these tags, in their order, that no resource has ever carried, in any case. */
export async function unknownTags(db: Kysely<Tables>, tags: readonly string[]): Promise<string[]> {
  if (tags.length === 0) return [];
  const { rows } = await sql<{ name: string }>`
    WITH carried AS MATERIALIZED (
      SELECT DISTINCT lower(t.tag) AS tag FROM ${carried} WHERE lower(t.tag) IN (SELECT lower(n) FROM unnest(${tags}::text[]) AS n)
    )
    SELECT named.name FROM unnest(${tags}::text[]) WITH ORDINALITY AS named(name, place)
    WHERE lower(named.name) NOT IN (SELECT tag FROM carried) ORDER BY named.place`.execute(db);
  return rows.map(({ name }) => name);
}

/** Up to 1,000 present projects of which the id or the name may be near a misspelt one. */
export async function projectsLike(db: Kysely<Tables>, word: string): Promise<{ provider_id: string; name: string }[]> {
  const { rows } = await sql<{ provider_id: string; name: string }>`
    SELECT provider_id, name FROM cloud_projects
    WHERE provider = ${provider} AND gone_at IS NULL AND (${isLike(sql`provider_id`, word)} OR ${isLike(sql`name`, word)})
    ORDER BY provider_id LIMIT 1000`.execute(db);
  return rows;
}

/** Up to 1,000 tags that may be near a misspelt one. */
export async function tagsLike(db: Kysely<Tables>, word: string): Promise<string[]> {
  const { rows } = await sql<{ tag: string }>`
    SELECT DISTINCT t.tag FROM ${carried} WHERE ${isLike(sql`t.tag`, word)} ORDER BY t.tag LIMIT 1000`.execute(db);
  return rows.map(({ tag }) => tag);
}

/** Of about the same length, with at least a third of it unchanged: two changed letters leave one of the thirds as it is. */
const isLike = (column: RawBuilder<unknown>, word: string): RawBuilder<boolean> => {
  const letters = Array.from(word.toLowerCase());
  const third = Math.ceil(letters.length / 3);
  const parts = [0, 1, 2].map((nth) => letters.slice(nth * third, (nth + 1) * third).join(''));
  return sql`(abs(char_length(${column}) - ${letters.length}) <= 2 AND (${sql.join(
    parts.map((part) => sql`strpos(lower(${column}), ${part}) > 0`),
    sql` OR `,
  )}))`;
};
