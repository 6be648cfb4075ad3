import pg from 'pg';

/**
 * The bare limit of a sync: pages of droplets fetched one after another, parsed, and written by `INSERT … unnest … ON CONFLICT`, a page
 * at a time. Imports none of our code.
 */
export async function openPagesToRows(url: string) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(
    `CREATE TABLE bare_resources (provider_id text PRIMARY KEY, name text NOT NULL, status text, region text, created_at timestamptz,
      attrs jsonb NOT NULL, last_seen_at timestamptz NOT NULL)`,
  );
  type Droplet = {
    id: number;
    name: string;
    status: string;
    created_at: string;
    size_slug: string;
    vcpus: number;
    memory: number;
    disk: number;
    tags: string[];
    features: string[];
    volume_ids: string[];
    vpc_uuid: string;
    backup_ids: number[];
    region: { slug: string };
    image: { id: number; slug: string };
    networks: Record<'v4' | 'v6', { ip_address: string; type: string }[]>;
  };
  const addresses = (droplet: Droplet, version: 'v4' | 'v6', type: string) =>
    droplet.networks[version].filter((network) => network.type === type).map((network) => network.ip_address);
  const attrsOf = (droplet: Droplet) => ({
    size_slug: droplet.size_slug,
    vcpus: droplet.vcpus,
    memory_mb: droplet.memory,
    disk_gb: droplet.disk,
    image: droplet.image.slug,
    image_id: String(droplet.image.id),
    tags: droplet.tags.toSorted(),
    features: droplet.features.toSorted(),
    vpc_id: droplet.vpc_uuid,
    volume_ids: droplet.volume_ids.toSorted(),
    public_ipv4: addresses(droplet, 'v4', 'public'),
    private_ipv4: addresses(droplet, 'v4', 'private'),
    public_ipv6: addresses(droplet, 'v6', 'public'),
    has_backups: droplet.backup_ids.length > 0,
  });
  return {
    async sync(pagesUrl: string): Promise<void> {
      for (let next: string | undefined = `${pagesUrl}/v2/droplets?per_page=200`; next !== undefined; ) {
        const answer = await fetch(next, { headers: { authorization: 'Bearer bench' } });
        const body = JSON.parse(await answer.text()) as { droplets: Droplet[]; links: { pages?: { next?: string } } };
        const list = body.droplets;
        await client.query(
          `INSERT INTO bare_resources SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[],
             $6::jsonb[], $7::timestamptz[])
           ON CONFLICT (provider_id) DO UPDATE SET name = excluded.name, status = excluded.status, region = excluded.region,
             created_at = excluded.created_at, attrs = excluded.attrs, last_seen_at = excluded.last_seen_at`,
          [
            list.map((droplet) => String(droplet.id)),
            list.map((droplet) => droplet.name),
            list.map((droplet) => droplet.status),
            list.map((droplet) => droplet.region.slug),
            list.map((droplet) => droplet.created_at),
            list.map((droplet) => JSON.stringify(attrsOf(droplet))),
            list.map(() => '2026-04-01T00:00:00Z'),
          ],
        );
        next = body.links.pages?.next;
      }
    },
    empty: () => client.query('TRUNCATE bare_resources'),
    async digest(table: string): Promise<string> {
      const found = await client.query<{ digest: string }>(
        `SELECT count(*) || ' ' || md5(string_agg(provider_id || name || status || region || created_at || attrs::text, ',' ORDER BY provider_id))
           AS digest FROM ${table}`,
      );
      return found.rows[0]?.digest ?? '';
    },
    close: () => client.end(),
  };
}
