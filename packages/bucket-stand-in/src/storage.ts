import { hash, randomUUID } from 'node:crypto';

/** What a request asks for. */
export type Operation = { method: string; bucket: string; key: string; query: URLSearchParams };
export type Answer = { status: number; headers: Record<string, string>; body: string };

/** An object in a bucket: the files hold its bytes one after the other. */
export type Kept = { key: string; size: number; mediaType: string; files: readonly string[] };

type Part = { file: string; size: number; etag: string };
type Upload = { bucket: string; key: string; mediaType: string; parts: Map<number, Part> };
type Arrived = { file: string; body: Buffer; mediaType: string };

/** Every part but the last has at least 5 MiB. */
const leastPart = 5 * 2 ** 20;

const xml = (body: string, status = 200): Answer => ({
  status,
  headers: { 'content-type': 'application/xml' },
  body: `<?xml version="1.0" encoding="UTF-8"?>\n${body}`,
});
const refuse = (status: number, code: string): Answer => xml(`<Error><Code>${code}</Code></Error>`, status);
const etagOf = (bytes: Buffer): string => `"${hash('md5', bytes)}"`;

/** The buckets with their objects and unfinished uploads, after Amazon's "API Reference" of PutObject and the multipart uploads. */
export function startStorage(names: readonly string[]) {
  const buckets = new Map(names.map((name) => [name, new Map<string, Kept>()]));
  const uploads = new Map<string, Upload>();

  const put = (objects: Map<string, Kept>, key: string, { file, body, mediaType }: Arrived): Answer => {
    objects.set(key, { key, size: body.length, mediaType, files: [file] });
    return { status: 200, headers: { etag: etagOf(body) }, body: '' };
  };
  const begin = ({ bucket, key }: Operation, mediaType: string): Answer => {
    const id = randomUUID();
    uploads.set(id, { bucket, key, mediaType, parts: new Map() });
    return xml(
      `<InitiateMultipartUploadResult><Bucket>${bucket}</Bucket><Key>${key}</Key><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`,
    );
  };
  const putPart = (upload: Upload, number: number, { file, body }: Arrived): Answer => {
    if (!Number.isInteger(number) || number < 1 || number > 10_000) return refuse(400, 'InvalidArgument');
    const part = { file, size: body.length, etag: etagOf(body) };
    upload.parts.set(number, part);
    return { status: 200, headers: { etag: part.etag }, body: '' };
  };
  const complete = (objects: Map<string, Kept>, id: string, upload: Upload, body: string): Answer => {
    const named = Array.from(
      body.matchAll(/<Part><PartNumber>(\d+)<\/PartNumber><ETag>([^<]+)<\/ETag><\/Part>/g),
      ([, number, etag = '']) => ({ number: Number(number), etag: etag.replaceAll('&quot;', '"') }),
    );
    if (named.length === 0) return refuse(400, 'MalformedXML');
    if (named.some(({ number }, index) => index > 0 && number <= (named[index - 1]?.number ?? 0)))
      return refuse(400, 'InvalidPartOrder');
    const parts = named.map(({ number }) => upload.parts.get(number));
    if (parts.some((part, index) => part?.etag !== named[index]?.etag)) return refuse(400, 'InvalidPart');
    const found = parts.filter((part) => part !== undefined);
    if (found.slice(0, -1).some(({ size }) => size < leastPart)) return refuse(400, 'EntityTooSmall');
    const size = found.reduce((sum, part) => sum + part.size, 0);
    const files = found.map(({ file }) => file);
    objects.set(upload.key, { key: upload.key, size, mediaType: upload.mediaType, files });
    uploads.delete(id);
    const whole = `<CompleteMultipartUploadResult><ETag>"${id}-${found.length}"</ETag></CompleteMultipartUploadResult>`;
    // A late answer begins with white space, which keeps the connection.
    return { ...xml(whole), body: `  \n${xml(whole).body}` };
  };

  return {
    refuse,
    handle(operation: Operation, arrived: Arrived): Answer {
      const { method, bucket, key, query } = operation;
      const objects = buckets.get(bucket);
      if (objects === undefined) return refuse(404, 'NoSuchBucket');
      if (key === '') return refuse(400, 'InvalidRequest');
      if (method === 'POST' && query.has('uploads')) return begin(operation, arrived.mediaType);
      const id = query.get('uploadId');
      if (id === null) return method === 'PUT' ? put(objects, key, arrived) : refuse(405, 'MethodNotAllowed');
      const upload = uploads.get(id);
      if (upload === undefined || upload.bucket !== bucket || upload.key !== key) return refuse(404, 'NoSuchUpload');
      if (method === 'PUT') return putPart(upload, Number(query.get('partNumber')), arrived);
      if (method === 'POST') return complete(objects, id, upload, arrived.body.toString('utf8'));
      if (method !== 'DELETE') return refuse(405, 'MethodNotAllowed');
      uploads.delete(id);
      return { status: 204, headers: {}, body: '' };
    },
    objects: (bucket: string): readonly Kept[] => [...(buckets.get(bucket)?.values() ?? [])],
    unfinished: () => [...uploads.values()].map(({ key, parts }) => ({ key, parts: parts.size })),
  };
}
