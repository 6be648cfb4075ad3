import { canonicalDecimal, Decimal } from '@arcadia/contracts';
import { AwsClient } from 'aws4fetch';
import type { SpacesConfig } from '../config.ts';
import { type Listed, toMicroseconds } from '../domain/resource.ts';

const bytesPerGib = 2 ** 30;

/**
 * The account's buckets with their sizes: the provider's own API does not know them, so every object is listed and summed.
 * A bucket that its region does not show is left out; its name still comes from its project.
 */
export async function describeBuckets(spaces: SpacesConfig, signal: AbortSignal): Promise<Map<string, Listed>> {
  const described = new Map<string, Listed>();
  for (const region of spaces.regions) {
    const door = openDoor(spaces, region, signal);
    for (const bucket of await listBuckets(door)) {
      if (described.has(bucket.name)) continue;
      const { bytes, objects } = await sizeOf(door, bucket.name);
      described.set(bucket.name, {
        kind: 'spaces_bucket',
        providerId: bucket.name,
        name: bucket.name,
        status: null,
        region,
        createdAt: bucket.createdAt?.toString() ?? null,
        attrs: { size_gb: canonicalDecimal(new Decimal(bytes).div(bytesPerGib).toDecimalPlaces(9)), objects },
      });
    }
  }
  return described;
}

type Door = (path: string) => Promise<string>;

const openDoor = (spaces: SpacesConfig, region: string, signal: AbortSignal): Door => {
  const client = new AwsClient({
    accessKeyId: spaces.key,
    secretAccessKey: spaces.secret,
    service: 's3',
    region,
    retries: 4,
  });
  const base = spaces.endpoint.replace('{region}', region).replace(/\/$/, '');
  return async (path) => {
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(30_000)]);
    const response = await client.fetch(`${base}${path}`, { signal: deadline, redirect: 'error' });
    const body = await response.text();
    if (!response.ok)
      throw new Error(`GET ${base}${path.split('?')[0]}: the bucket store answered ${response.status}${codeOf(body)}`);
    return body;
  };
};

const codeOf = (body: string): string => {
  const code = /<Code>([^<]{1,100})<\/Code>/.exec(body)?.[1];
  return code === undefined ? '' : ` (${code})`;
};

const listBuckets = async (door: Door): Promise<{ name: string; createdAt: Temporal.Instant | null }[]> => {
  const body = await door('/');
  return Array.from(body.matchAll(/<Bucket>([\s\S]*?)<\/Bucket>/g), ([, bucket = '']) => {
    const created = valueOf(bucket, 'CreationDate');
    return {
      name: valueOf(bucket, 'Name') ?? '',
      createdAt: created === null ? null : toMicroseconds(Temporal.Instant.from(created)),
    };
  }).filter(({ name }) => name !== '');
};

const sizeOf = async (door: Door, bucket: string): Promise<{ bytes: string; objects: number }> => {
  let bytes = 0n;
  let objects = 0;
  for (let token: string | null = ''; token !== null; ) {
    const query = new URLSearchParams({
      'list-type': '2',
      'max-keys': '1000',
      ...(token === '' ? {} : { 'continuation-token': token }),
    });
    const body = await door(`/${encodeURIComponent(bucket)}?${query}`);
    for (const [, size] of body.matchAll(/<Size>(\d+)<\/Size>/g)) {
      bytes += BigInt(size ?? 0);
      objects += 1;
    }
    const next = valueOf(body, 'NextContinuationToken');
    if (valueOf(body, 'IsTruncated') === 'true' && next === null)
      throw new Error(`the listing of bucket ${bucket} was cut short`);
    token = valueOf(body, 'IsTruncated') === 'true' ? next : null;
  }
  return { bytes: bytes.toString(), objects };
};

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

const valueOf = (xml: string, name: string): string | null => {
  const value = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
  return value === undefined
    ? null
    : value.replace(/&(amp|lt|gt|quot|apos);/g, (_, entity: string) => entities[entity] ?? '');
};
