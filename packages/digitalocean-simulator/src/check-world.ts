import { regions, sizeCatalogue } from './catalogue.ts';
import type { World } from './settle-world.ts';
import { milliseconds } from './world-fields.ts';

interface Life {
  created_at: string;
  destroyed_at?: string | undefined;
  changes?: readonly { at: string }[] | undefined;
}

const lists = [
  'projects',
  'droplets',
  'volumes',
  'snapshots',
  'backups',
  'domains',
  'buckets',
  'reserved_ips',
  'firewalls',
  'load_balancers',
  'nat_gateways',
  'databases',
  'kubernetes_clusters',
  'apps',
  'nfs_shares',
  'custom_images',
  'partner_attachments',
  'byoip_prefixes',
  'registries',
  'cdn_endpoints',
] as const;

/** The checks that the schema cannot make: references, order of times, duplicates. One sentence per fault. */
export function checkWorld(world: World): string[] {
  return [...checkTimes(world), ...checkUnique(world), ...checkProviderReferences(world), ...checkPlatform(world)];
}

function checkTimes(world: World): string[] {
  const faults: string[] = [];
  if (milliseconds(world.begins_at) >= milliseconds(world.ends_at)) faults.push('ends_at: must be after begins_at');
  for (const list of lists) {
    world.provider[list].forEach((item: Life, index) => {
      const place = `provider.${list}[${index}]`;
      const born = milliseconds(item.created_at);
      const gone = item.destroyed_at === undefined ? Number.POSITIVE_INFINITY : milliseconds(item.destroyed_at);
      if (gone <= born) faults.push(`${place}.destroyed_at: must be after created_at (${item.created_at})`);
      let last = born;
      for (const [number, change] of (item.changes ?? []).entries()) {
        const at = milliseconds(change.at);
        if (at <= last) {
          faults.push(
            `${place}.changes[${number}].at: must be after ${number === 0 ? 'created_at' : 'the change before it'}`,
          );
        } else if (at >= gone) faults.push(`${place}.changes[${number}].at: must be before destroyed_at`);
        last = at;
      }
    });
  }
  return faults;
}

function checkUnique(world: World): string[] {
  const faults: string[] = [];
  const identityOf = (item: object): string => {
    const { id, ip, name } = item as { id?: string | number; ip?: string; name?: string };
    return String(id ?? ip ?? name);
  };
  for (const list of lists) {
    const seen = new Set<string>();
    world.provider[list].forEach((item, index) => {
      const identity = identityOf(item);
      // A domain or a bucket may be created again under its old name; only ids stay unique.
      const reusable = list === 'domains' || list === 'buckets' || list === 'registries' || list === 'reserved_ips';
      if (seen.has(identity) && !reusable) faults.push(`provider.${list}[${index}]: ${identity} occurs twice`);
      seen.add(identity);
    });
  }
  const projectNames = new Set<string>();
  world.provider.projects.forEach((project, index) => {
    if (projectNames.has(project.name)) faults.push(`provider.projects[${index}].name: "${project.name}" occurs twice`);
    projectNames.add(project.name);
  });
  if (world.provider.projects.filter((project) => project.is_default).length > 1) {
    faults.push('provider.projects: only one project can be the default');
  }
  const slugs = new Set<string>();
  const ids = new Set<string>();
  world.platform.deployments.forEach((deployment, index) => {
    const slug = `${deployment.tenant}/${deployment.slug}`;
    if (slugs.has(slug))
      faults.push(`platform.deployments[${index}].slug: "${deployment.slug}" occurs twice in its tenant`);
    if (ids.has(deployment.id)) faults.push(`platform.deployments[${index}].id: ${deployment.id} occurs twice`);
    slugs.add(slug);
    ids.add(deployment.id);
  });
  return faults;
}

function checkProviderReferences(world: World): string[] {
  const faults: string[] = [];
  const { provider } = world;
  const projects = new Set(provider.projects.flatMap((item) => [item.id, item.name]));
  const droplets = new Set(provider.droplets.flatMap((item) => [String(item.id), item.name]));
  const volumes = new Set(provider.volumes.flatMap((item) => [item.id, item.name]));
  const sizes = new Set(sizeCatalogue(provider.sizes).map((size) => size.slug));
  const knownRegions = new Set(regions.map((region) => region.slug));
  const want = (set: ReadonlySet<string>, value: string | null | undefined, place: string, what: string): void => {
    if (value !== undefined && value !== null && !set.has(value))
      faults.push(`${place}: there is no ${what} "${value}"`);
  };
  for (const list of lists) {
    provider[list].forEach((item, index) => {
      const place = `provider.${list}[${index}]`;
      const fields = item as Record<string, unknown>;
      want(projects, fields.project as string | undefined, `${place}.project`, 'project');
      want(droplets, fields.droplet as string | undefined, `${place}.droplet`, 'droplet');
      want(volumes, fields.volume as string | undefined, `${place}.volume`, 'volume');
      if (list !== 'apps') want(knownRegions, fields.region as string | undefined, `${place}.region`, 'region');
      for (const [number, droplet] of ((fields.droplets as string[] | undefined) ?? []).entries()) {
        want(droplets, droplet, `${place}.droplets[${number}]`, 'droplet');
      }
      for (const [number, change] of ((fields.changes as Record<string, string>[] | undefined) ?? []).entries()) {
        want(projects, change.project, `${place}.changes[${number}].project`, 'project');
        want(droplets, change.droplet, `${place}.changes[${number}].droplet`, 'droplet');
        if (list === 'droplets') want(sizes, change.resize, `${place}.changes[${number}].resize`, 'size');
      }
    });
  }
  provider.droplets.forEach((droplet, index) => want(sizes, droplet.size, `provider.droplets[${index}].size`, 'size'));
  provider.kubernetes_clusters.forEach((cluster, index) => {
    for (const [number, pool] of cluster.node_pools.entries()) {
      want(sizes, pool.size, `provider.kubernetes_clusters[${index}].node_pools[${number}].size`, 'size');
    }
  });
  return faults;
}

function checkPlatform(world: World): string[] {
  const faults: string[] = [];
  const { platform, provider } = world;
  const tenants = new Set(platform.tenants.map((tenant) => tenant.id));
  const deployments = new Set(platform.deployments.map((deployment) => deployment.id));
  const projects = new Set(provider.projects.map((project) => project.id));
  const want = (set: ReadonlySet<string>, value: string | undefined, place: string, what: string): void => {
    if (value !== undefined && !set.has(value)) faults.push(`${place}: there is no ${what} "${value}"`);
  };
  want(projects, platform.internal_project, 'platform.internal_project', 'project');
  platform.deployments.forEach((item, index) => {
    want(tenants, item.tenant, `platform.deployments[${index}].tenant`, 'tenant');
    want(projects, item.project, `platform.deployments[${index}].project`, 'project');
  });
  for (const list of ['subscriptions', 'bindings', 'attributions', 'usage', 'credit_notes', 'alerts'] as const) {
    (platform[list] ?? []).forEach((item, index) =>
      want(deployments, item.deployment, `platform.${list}[${index}].deployment`, 'deployment'),
    );
  }
  const created = new Map(platform.deployments.map(({ id, created_at }) => [id, created_at]));
  const wantSince = (at: string, deployment: string, place: string): void => {
    const since = created.get(deployment);
    if (since !== undefined && milliseconds(at) < milliseconds(since))
      faults.push(`${place}: must not be before the deployment's created_at (${since})`);
  };
  platform.subscriptions.forEach((item, index) =>
    wantSince(item.starts_at, item.deployment, `platform.subscriptions[${index}].starts_at`),
  );
  platform.attributions.forEach((item, index) =>
    wantSince(item.from, item.deployment, `platform.attributions[${index}].from`),
  );
  platform.bindings.forEach((item, index) =>
    want(projects, item.project, `platform.bindings[${index}].project`, 'project'),
  );
  platform.projects.forEach((item, index) => {
    want(projects, item.project, `platform.projects[${index}].project`, 'project');
    want(tenants, item.tenant, `platform.projects[${index}].tenant`, 'tenant');
  });
  for (const list of ['discounts', 'price_overrides', 'commitments', 'prepaid_credits'] as const)
    platform.terms?.[list].forEach((item, index) =>
      want(tenants, item.tenant, `platform.terms.${list}[${index}].tenant`, 'tenant'),
    );
  for (const list of ['payments', 'credit_notes'] as const) {
    (platform[list] ?? []).forEach((item, index) =>
      want(tenants, item.tenant, `platform.${list}[${index}].tenant`, 'tenant'),
    );
  }
  const droplets = new Set(provider.droplets.flatMap((item) => [String(item.id), item.name]));
  for (const list of ['desired', 'desired_changes', 'accepted_drift'] as const) {
    (platform[list] ?? []).forEach((item, index) => {
      if (item.kind === 'droplet') want(droplets, item.resource, `platform.${list}[${index}].resource`, 'droplet');
    });
  }
  return faults;
}
