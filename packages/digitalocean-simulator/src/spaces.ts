import { Decimal } from 'decimal.js';
import { Hono } from 'hono';
import type { Simulated } from './simulated.ts';
import type { Live } from './store.ts';

const bytesPerGib = 1024 ** 3;

/** An S3-like API for the world's buckets: enough to list them and to sum the sizes of their objects. */
export function spacesDoor(simulated: Simulated, clock: () => number): Hono {
  const { store } = simulated;
  const door = new Hono();
  const xml = (body: string): [string, 200, Record<string, string>] => [
    `<?xml version="1.0" encoding="UTF-8"?>${body}`,
    200,
    { 'content-type': 'application/xml' },
  ];
  const error = (code: string): string => `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code></Error>`;

  door.use(async (c, next) => {
    const isSigned = c.req.header('authorization')?.startsWith('AWS4-HMAC-SHA256 Credential=') ?? false;
    return isSigned ? next() : c.body(error('AccessDenied'), 403, { 'content-type': 'application/xml' });
  });
  // An S3 request is signed for one region, and each region lists its own buckets only.
  const regionOf = (authorization: string): string =>
    /Credential=[^/]+\/\d+\/([^/]+)\/s3\//.exec(authorization)?.[1] ?? '';

  door.get('/', (c) => {
    const region = regionOf(c.req.header('authorization') ?? '');
    const buckets = store
      .live('bucket', clock())
      .filter((bucket) => bucket.state.region === region || region === 'us-east-1');
    const entries = buckets.map(
      ({ id, createdAt }) =>
        `<Bucket><Name>${id}</Name><CreationDate>${new Date(createdAt).toISOString()}</CreationDate></Bucket>`,
    );
    return c.body(...xml(`<ListAllMyBucketsResult><Buckets>${entries.join('')}</Buckets></ListAllMyBucketsResult>`));
  });

  door.get('/:bucket', (c) => {
    const bucket = store.find('bucket', c.req.param('bucket'), clock());
    if (bucket === undefined) return c.body(error('NoSuchBucket'), 404, { 'content-type': 'application/xml' });
    const size = Math.min(Number(c.req.query('max-keys') ?? 1000), 1000);
    const from = Number(c.req.query('continuation-token') ?? 0);
    const objects = objectsOf(bucket);
    const page = objects.slice(from, from + size);
    const isTruncated = from + size < objects.length;
    const entries = page.map(
      ({ key, bytes }) =>
        `<Contents><Key>${key}</Key><Size>${bytes}</Size><StorageClass>STANDARD</StorageClass></Contents>`,
    );
    const token = isTruncated ? `<NextContinuationToken>${from + size}</NextContinuationToken>` : '';
    const head = `<Name>${bucket.id}</Name><KeyCount>${page.length}</KeyCount><MaxKeys>${size}</MaxKeys><IsTruncated>${isTruncated}</IsTruncated>`;
    return c.body(...xml(`<ListBucketResult>${head}${token}${entries.join('')}</ListBucketResult>`));
  });
  return door;
}

/** Spreads the bucket's bytes over its objects; they sum to the size exactly. */
function objectsOf({ state }: Live<'bucket'>): { key: string; bytes: string }[] {
  const total = BigInt(new Decimal(state.size).times(bytesPerGib).toFixed(0));
  const count = BigInt(state.objects);
  return Array.from({ length: state.objects }, (_, index) => {
    const bytes = total / count + (index === 0 ? total % count : 0n);
    return { key: `object-${String(index).padStart(6, '0')}`, bytes: bytes.toString() };
  });
}
