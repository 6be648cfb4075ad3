import { type Bucket, BucketRefused, errorCodeIn, fieldOf } from './bucket.ts';

/** Every part but the last has at least 5 MiB (S3, "Multipart upload limits"), and an object has at most 10,000 parts: 48 GiB. */
const partBytes = 5 * 2 ** 20;
const mostParts = 10_000;

export type NewObject = {
  key: string;
  mediaType: string;
  chunks: AsyncIterable<Uint8Array>;
  /** A multipart upload of an attempt before, which may be unfinished; null: none is. */
  formerUpload: string | null;
  /** Called when a multipart upload was begun, before its first part. */
  onUpload(uploadId: string): Promise<void>;
};

/**
 * Puts an object into a bucket while it is read: a small one with one request, a larger one in parts. One part is in memory. The object
 * appears when all of it is there; what an attempt leaves unfinished is aborted at its end, or by the next attempt.
 * @returns its size in bytes
 * @throws BucketRefused, and what reading throws
 */
export async function putObject(bucket: Bucket, object: NewObject, signal: AbortSignal): Promise<number> {
  const { key, mediaType, formerUpload } = object;
  if (formerUpload !== null) await abortUpload(bucket, key, formerUpload, signal);
  let upload: string | null = null;
  const digests: string[] = [];
  let size = 0;
  try {
    for await (const { bytes, isLast } of partsOf(object.chunks)) {
      size += bytes.length;
      if (isLast && upload === null) {
        const request = { method: 'PUT', key, headers: { 'content-type': mediaType }, body: bytes } as const;
        const { headers } = await bucket.send(request, signal);
        // Any web server may answer 200 to what it does not understand; S3 confirms an object with its digest ("PutObject").
        if (!isUsableDigest(headers.etag)) throw broken('the bucket took the object without a usable ETag');
        return size;
      }
      if (upload === null) {
        upload = await beginUpload(bucket, object, signal);
        await object.onUpload(upload);
      }
      digests.push(await putPart(bucket, { key, upload, number: digests.length + 1, bytes }, signal));
    }
    if (upload !== null) await completeUpload(bucket, { key, upload, digests }, signal);
    return size;
  } catch (error) {
    // Whether the signal is aborted or not: unfinished parts cost the owner money.
    if (upload !== null) await abortUpload(bucket, key, upload, AbortSignal.timeout(abortMs));
    throw error;
  }
}

/** How long an attempt that has failed takes to clear away what it has sent, in milliseconds. */
const abortMs = 10_000;

type Part = { bytes: Uint8Array; isLast: boolean };

/** The chunks as parts of one size; the last one may be smaller, and is empty for no chunks. The bytes are overwritten by the next part. */
async function* partsOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Part, void> {
  const part = Buffer.allocUnsafe(partBytes);
  let filled = 0;
  for await (const chunk of chunks) {
    for (let rest = chunk; rest.length > 0; ) {
      if (filled === partBytes) {
        yield { bytes: part, isLast: false };
        filled = 0;
      }
      const taken = rest.subarray(0, partBytes - filled);
      part.set(taken, filled);
      filled += taken.length;
      rest = rest.subarray(taken.length);
    }
  }
  yield { bytes: part.subarray(0, filled), isLast: true };
}

const broken = (message: string) => new BucketRefused(message, { status: null, isPassing: false });

async function beginUpload(bucket: Bucket, { key, mediaType }: NewObject, signal: AbortSignal): Promise<string> {
  const query = { uploads: '' };
  const { body } = await bucket.send({ method: 'POST', key, query, headers: { 'content-type': mediaType } }, signal);
  const upload = fieldOf(body, 'UploadId');
  if (upload === null || upload.length > 1_024) throw broken('the bucket began an upload without a usable UploadId');
  return upload;
}

async function putPart(
  bucket: Bucket,
  { key, upload, number, bytes }: { key: string; upload: string; number: number; bytes: Uint8Array },
  signal: AbortSignal,
): Promise<string> {
  if (number > mostParts) throw broken(`the file has more than ${mostParts} parts`);
  const query = { partNumber: String(number), uploadId: upload };
  const { headers } = await bucket.send({ method: 'PUT', key, query, body: bytes }, signal);
  if (!isUsableDigest(headers.etag)) throw broken(`the bucket took part ${number} without a usable ETag`);
  return headers.etag;
}

const isUsableDigest = (digest: string | undefined): digest is string =>
  digest !== undefined && /^[\x20-\x7e]{1,200}$/.test(digest) && !/[<>&]/.test(digest);

async function completeUpload(
  bucket: Bucket,
  { key, upload, digests }: { key: string; upload: string; digests: readonly string[] },
  signal: AbortSignal,
): Promise<void> {
  const parts = digests.map(
    (digest, index) =>
      `<Part><PartNumber>${index + 1}</PartNumber><ETag>${digest.replaceAll('"', '&quot;')}</ETag></Part>`,
  );
  const body = Buffer.from(`<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`);
  const headers = { 'content-type': 'application/xml' };
  const answer = await bucket.send({ method: 'POST', key, query: { uploadId: upload }, headers, body }, signal);
  // A bucket may answer 200 and fail while it puts the parts together (S3, "CompleteMultipartUpload").
  const code = errorCodeIn(answer.body);
  if (code !== null) throw broken(`the bucket did not complete the upload (${code})`);
  if (fieldOf(answer.body, 'ETag') === null) throw broken('the bucket did not confirm that the upload is complete');
}

/** Deletes the parts of an upload. That it is over already, or cannot be deleted now, changes nothing. */
async function abortUpload(bucket: Bucket, key: string, upload: string, signal: AbortSignal): Promise<void> {
  try {
    await bucket.send({ method: 'DELETE', key, query: { uploadId: upload } }, signal);
  } catch {
    // The rules of the bucket for unfinished uploads delete it.
  }
}
