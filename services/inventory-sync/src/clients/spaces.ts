import { canonicalDecimal, Decimal } from '@arcadia/contracts';
import { AwsClient } from 'aws4fetch';
import { XMLParser } from 'fast-xml-parser';
import { z } from 'zod';
import type { SpacesConfig } from '../config.ts';
import { type Listed, toMicroseconds } from '../domain/resources/resource.ts';

const bytesPerGib = 2 ** 30;

/**
 * Describes the account's buckets with their sizes. The provider's own API has no sizes, so every object is listed over S3 and
 * summed. A bucket that no configured region lists is left out; its name is still known from its project.
 * @throws if a region does not answer, or answers something other than the S3 listing
 */
export async function describeBuckets(spaces: SpacesConfig, signal: AbortSignal): Promise<Map<string, Listed>> {
  const described = new Map<string, Listed>();
  for (const region of spaces.regions) {
    const get = connectRegion(spaces, region, signal);
    for (const bucket of await listBuckets(get)) {
      if (described.has(bucket.name)) continue;
      const { bytes, objects } = await sizeOf(get, bucket.name);
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

/** Sends one signed GET request to the region and returns the parsed answer. */
type Get = <Answer>(path: string, schema: z.ZodType<Answer>) => Promise<Answer>;

function connectRegion(spaces: SpacesConfig, region: string, signal: AbortSignal): Get {
  const client = new AwsClient({
    accessKeyId: spaces.key,
    secretAccessKey: spaces.secret,
    service: 's3',
    region,
    retries: 4,
  });
  const base = spaces.endpoint.replace('{region}', region).replace(/\/$/, '');
  return async (path, schema) => {
    const request = `GET ${base}${path.split('?')[0]}`;
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(30_000)]);
    const response = await client.fetch(`${base}${path}`, { signal: deadline, redirect: 'error' });
    const body = await response.text();
    if (!response.ok) throw new Error(`${request}: the bucket store answered ${response.status}${codeOf(body)}`);
    return schema.parse(parseXml(body, request));
  };
}

/** Values stay text: sizes are exact integers, and a name may look like a number. */
const parser = new XMLParser({ parseTagValue: false, isArray: (name) => name === 'Bucket' || name === 'Contents' });

function parseXml(body: string, request: string): unknown {
  try {
    return parser.parse(body, true);
  } catch (cause) {
    throw new Error(`${request}: the bucket store did not answer with XML`, { cause });
  }
}

const errorBody = z.object({ Error: z.object({ Code: z.string().max(100) }) });

function codeOf(body: string): string {
  try {
    return ` (${errorBody.parse(parser.parse(body)).Error.Code})`;
  } catch {
    return '';
  }
}

/** An element without content is parsed as empty text. */
const element = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.preprocess((value) => (value === '' ? {} : value), z.object(shape));

const bucketList = z.object({
  ListAllMyBucketsResult: element({
    Buckets: element({
      Bucket: z.array(z.object({ Name: z.string(), CreationDate: z.string().optional() })).default([]),
    }).optional(),
  }),
});

async function listBuckets(get: Get): Promise<{ name: string; createdAt: Temporal.Instant | null }[]> {
  const { ListAllMyBucketsResult: result } = await get('/', bucketList);
  return (result.Buckets?.Bucket ?? [])
    .map(({ Name: name, CreationDate: created }) => ({
      name,
      createdAt: created ? toMicroseconds(Temporal.Instant.from(created)) : null,
    }))
    .filter(({ name }) => name !== '');
}

const objectList = z.object({
  ListBucketResult: element({
    IsTruncated: z.string().optional(),
    NextContinuationToken: z.string().optional(),
    Contents: z.array(z.object({ Size: z.string().regex(/^\d+$/) })).default([]),
  }),
});

async function sizeOf(get: Get, bucket: string): Promise<{ bytes: string; objects: number }> {
  let bytes = 0n;
  let objects = 0;
  for (let token: string | null = ''; token !== null; ) {
    const query = new URLSearchParams({
      'list-type': '2',
      'max-keys': '1000',
      ...(token === '' ? {} : { 'continuation-token': token }),
    });
    const { ListBucketResult: page } = await get(`/${encodeURIComponent(bucket)}?${query}`, objectList);
    for (const { Size: size } of page.Contents) bytes += BigInt(size);
    objects += page.Contents.length;
    const next = page.NextContinuationToken || null;
    const isTruncated = page.IsTruncated === 'true';
    if (isTruncated && next === null)
      throw new Error(`The listing of bucket ${bucket} is truncated and names no next page.`);
    token = isTruncated ? next : null;
  }
  return { bytes: bytes.toString(), objects };
}
