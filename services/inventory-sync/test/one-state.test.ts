import fc from 'fast-check';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { listedDroplet, listOf, serveAccount } from './serve-account.ts';
import { openStage } from './stage.ts';

const begin = '2026-04-01T00:00:00Z';
const droplet = (id: number, given: object) => listedDroplet({ id, name: `web-${id}`, ...given });

/** Words that mean something in an array of Postgres, in JSON, or between lines. */
const peculiar = [
  'NULL',
  'null',
  '{a,"b"}',
  '\\',
  '"',
  '\n',
  'a\nb',
  '\r\n',
  '\t',
  "'",
  '%',
  '[]',
  ' ',
  'ä😀',
  '\u2028',
];
const text = fc.oneof(fc.constantFrom(...peculiar), fc.string({ unit: 'binary', maxLength: 20 }));
const odd = fc.record({ name: text, status: text, region: text, tags: fc.array(text, { maxLength: 3 }) });

type Kept = { provider_id: string; name: string; row: string; logged: string; published: string };

/** The state of each resource as its row, the last entry of its log and the message of that entry hold it. */
const states = (stage: Awaited<ReturnType<typeof openStage>>) =>
  sql<Kept>`
    WITH of_row AS (
      SELECT resource_id, revision, entries, provider_id, r.name, json_build_object('id', provider_id, 'at', effective_at,
        'is_present', deleted_at IS NULL, 'name', r.name, 'status', status, 'region', region, 'created_at', created_at, 'attrs', attrs,
        'owner', ARRAY[project_id::text, tenant_id, deployment_id::text, attributed_by])::text AS row
      FROM cloud_resources AS r
    ), of_states AS (
      SELECT resource_id, source, json_build_object('id', provider_id, 'at', at, 'is_present', (state ->> 'is_present')::boolean,
        'name', state ->> 'name', 'status', state ->> 'status', 'region', state ->> 'region',
        'created_at', (state ->> 'created_at')::timestamptz, 'attrs', (state -> 'attrs')::jsonb,
        'owner', ARRAY[owner ->> 'project_id', owner ->> 'tenant_id', owner ->> 'deployment_id', owner ->> 'attributed_by'])::text AS state
      FROM (
        SELECT resource_id, 'log' AS source, provider_id, effective_at AS at, state, owner
        FROM of_row JOIN cloud_resource_events AS e USING (resource_id) WHERE e.entry = of_row.entries
        UNION ALL
        SELECT resource_id, 'message', payload ->> 'provider_id', (payload ->> 'effective_at')::timestamptz, payload, payload -> 'owner'
        FROM of_row JOIN events AS m ON m.type = 'resource.observed' AND (m.payload ->> 'resource_id')::uuid = resource_id
        WHERE (m.payload ->> 'revision')::int = of_row.revision
      ) AS given
    )
    SELECT provider_id, name, row, l.state AS logged, m.state AS published
    FROM of_row JOIN of_states AS l USING (resource_id) JOIN of_states AS m USING (resource_id)
    WHERE l.source = 'log' AND m.source = 'message' ORDER BY provider_id::bigint`
    .execute(stage.running.context.db)
    .then(({ rows }) => rows);

test('a resource has one state in its row, its log and its message, whatever its texts are, alone and among others', async () => {
  const many = fc.sample(odd, { numRuns: 300, seed: 11 }).map((given, index) => droplet(index + 1, given));
  await using account = await serveAccount({ '/v2/droplets': listOf('droplets', many) });
  await using stage = await openStage({}, begin, { DIGITALOCEAN_API_URL: account.url });
  await stage.run('sync-droplets', begin);
  const first = await states(stage);
  expect(first).toHaveLength(300);

  // A batch of one: all of its columns have one value throughout.
  const alone = droplet(301, { name: 'a\nb', status: '', tags: ['\n'] });
  account.answers['/v2/droplets'] = listOf('droplets', [...many, alone]);
  await stage.run('sync-droplets', '2026-04-01T00:15:00Z');
  // Others of which one text differs.
  const changed = many.map((one, index) => (index % 3 === 0 ? { ...one, status: `off\n${index}` } : one));
  account.answers['/v2/droplets'] = listOf('droplets', [...changed, alone]);
  await stage.run('sync-droplets', '2026-04-01T00:30:00Z');

  const last = await states(stage);
  expect(last).toHaveLength(301);
  expect(last.at(-1)).toMatchObject({ provider_id: '301', name: 'a\nb' });
  for (const { row, logged, published } of [...first, ...last]) {
    expect(logged).toBe(row);
    expect(published).toBe(row);
  }
});
