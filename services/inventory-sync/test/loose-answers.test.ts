import { type ListedKind, measuresOf } from '@arcadia/contracts';
import { createDigitalOcean } from '@arcadia/digitalocean';
import { parseWorld, startSimulator } from '@arcadia/digitalocean-simulator';
import { describe, expect, test } from 'vitest';
import { kindListings, nothingKnown } from '../src/clients/kind-listings.ts';
import type { Listed } from '../src/domain/resources/resource.ts';
import { begin, world } from './every-kind.ts';

/** The fields of an item without which it cannot be counted, or not be given to its owner: an item may be refused for these alone. */
const needed: Readonly<Record<ListedKind, readonly string[]>> = {
  droplet: [
    ...['id', 'status', 'size_slug', 'tags', 'features', 'backup_ids', 'snapshot_ids', 'volume_ids'],
    // Of the policy of its backups.
    ...['droplet_id', 'backup_enabled', 'backup_policy'],
  ],
  dns_zone: ['name'],
  volume: ['id', 'size_gigabytes', 'droplet_ids', 'tags'],
  snapshot: ['id', 'size_gigabytes', 'resource_id', 'resource_type', 'regions', 'tags'],
  floating_ip: ['ip', 'droplet', 'droplet.id'],
  firewall: ['id', 'droplet_ids', 'tags'],
  load_balancer: ['id', 'size_unit', 'droplet_ids', 'tags'],
  droplet_backup: ['id', 'size_gigabytes', 'regions', 'droplet_id', 'backup_enabled'],
  nat_gateway: ['id', 'size'],
  managed_db: ['id', 'engine', 'num_nodes', 'size', 'storage_size_mib', 'tags'],
  k8s_cluster: ['id', 'ha', 'tags'],
  app: [
    'id',
    'component_name',
    'spec',
    'spec.services',
    'spec.databases',
    'spec.egress',
    'spec.workers',
    'spec.jobs',
    'spec.static_sites',
    'spec.egress.type',
  ],
  nfs_share: ['id', 'size_gib', 'performance_tier'],
  custom_image: ['id', 'type', 'size_gigabytes', 'regions', 'tags'],
  partner_attachment: ['id', 'connection_bandwidth_in_mbps', 'vpc_ids'],
  byoip_prefix: ['uuid'],
  container_registry: ['name', 'storage_usage_bytes'],
};

/** Changes of meaning, not of form: the provider then describes the resource otherwise. */
const describedOtherwise = new Set([
  'floating_ip droplet',
  'load_balancer size_unit',
  'managed_db num_nodes',
  'nat_gateway size',
  'k8s_cluster ha',
  'app spec',
  'app component_name',
  ...['spec.services', 'spec.databases', 'spec.egress', 'spec.egress.type', 'spec.workers'].map(
    (field) => `app ${field}`,
  ),
]);

type Body = Record<string, unknown>;
type Item = Record<string, unknown>;

const isObject = (value: unknown): value is Item =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The values that replace one, as a provider might give them: nothing, another form, or an unknown form. */
function replacements(value: unknown): unknown[] {
  const form = typeof value === 'number' ? [String(value)] : typeof value === 'string' ? [] : ['odd'];
  return [undefined, null, ...form, { odd: 1 }, [['odd']], true, 'a word that is new'];
}

/** Every field of an item, with those of the objects in it. */
const fieldsOf = (item: Item): string[] =>
  Object.entries(item).flatMap(([name, value]) => [
    name,
    ...(isObject(value) ? Object.keys(value).map((inner) => `${name}.${inner}`) : []),
  ]);

function changed(item: Item, field: string, value: unknown): Item {
  const [outer = '', inner] = field.split('.');
  if (inner === undefined) return { ...item, [outer]: value };
  return { ...item, [outer]: { ...(item[outer] as Item), [inner]: value } };
}

const unitsOf = ({ kind, status, attrs }: Listed) => measuresOf({ kind, status, attrs, is_present: true });

/** What a bill and an owner follow from. */
const essence = (listed: Listed) => {
  const { source_id, provider_project_id, tags } = listed.attrs;
  return { units: unitsOf(listed), source_id, provider_project_id, tags };
};

const known = {
  ...nothingKnown,
  backedUpDroplets: async () => new Map([['1', [{ at: Temporal.Instant.from(begin), size: 's-1vcpu-1gb' }]]]),
};

async function readAll(kind: ListedKind, fetcher: typeof fetch, baseUrl: string) {
  const api = createDigitalOcean({ token: 't', write: false, retries: 0, baseUrl, fetch: fetcher });
  const items = new Map<string, Listed>();
  const listing = kindListings[kind]({ ...known, api });
  const end = await listing(
    async (page) => page.forEach((one) => void items.set(one.providerId, one)),
    new AbortController().signal,
  );
  return { items, end };
}

describe('inventory-sync: answers whose form is not as described', () => {
  test.each(Object.keys(kindListings) as ListedKind[])(
    'a %s with a field of another form is listed, or named as unreadable when the field decides its amount or its owner',
    async (kind) => {
      const text = JSON.stringify({ name: 'test', period: '2026-04', ...world });
      const at = Temporal.Instant.from(begin);
      await using simulator = await startSimulator({ world: parseWorld(text, 'test.json'), clock: () => at });
      const answers = new Map<string, Body>();
      const recording: typeof fetch = async (input, init) => {
        const reply = await fetch(input, init);
        answers.set(String(input), (await reply.clone().json()) as Body);
        return reply;
      };
      const whole = await readAll(kind, recording, simulator.url);
      expect(whole.end.isComplete).toBe(true);
      expect(whole.items.size).toBeGreaterThan(0);

      const faults: string[] = [];
      let tried = 0;
      for (const [url, body] of answers) {
        const [key, list] =
          Object.entries(body).find(([, value]) => Array.isArray(value) && value.some(isObject)) ?? [];
        if (key === undefined || !Array.isArray(list)) continue;
        const item = list[0] as Item;
        for (const field of fieldsOf(item)) {
          for (const value of replacements(
            field.includes('.') ? (item[field.split('.')[0] ?? ''] as Item)[field.split('.')[1] ?? ''] : item[field],
          )) {
            const spoilt = { ...body, [key]: [changed(item, field, value), ...list.slice(1)] };
            const answering: typeof fetch = async (input) =>
              Response.json(String(input) === url ? spoilt : (answers.get(String(input)) ?? { id: 'not_found' }));
            const { items, end } = await readAll(kind, answering, simulator.url);
            tried += 1;
            const report = (fault: string) => faults.push(`${field} = ${JSON.stringify(value)}: ${fault}`);
            const isNeeded = needed[kind].some((one) => field === one || field.startsWith(`${one}.`));
            const lacking = [...whole.items].filter(([id]) => !items.has(id));
            // The replicas of a primary that cannot be read are not requested.
            if (lacking.length > (kind === 'managed_db' ? 2 : 1)) report(`lost ${lacking.length} items`);
            const isOther =
              [...items.keys()].some((id) => !whole.items.has(id)) || `${kind} ${field}` === 'custom_image type';
            if (lacking.length > 0 && end.isComplete && !isOther) report('lost without a word');
            if (lacking.length > 0 && !isNeeded) report(`not listed: ${end.detail}`);
            for (const [id, before] of whole.items) {
              const after = items.get(id);
              if (after === undefined) continue;
              const [a, b] = [essence(before), essence(after)];
              const isSame = JSON.stringify(a) === JSON.stringify(b);
              if (!isNeeded && !isSame && !field.endsWith('project_id')) report(`other: ${JSON.stringify(b)}`);
              if (describedOtherwise.has(`${kind} ${field}`)) continue;
              for (const [index, { units }] of a.units.entries()) {
                const now = b.units[index]?.units;
                if (now !== null && now !== units) report(`counts ${now}, not ${units}`);
              }
            }
          }
        }
      }
      expect(faults).toEqual([]);
      expect(tried).toBeGreaterThan(10);
    },
  );
});
