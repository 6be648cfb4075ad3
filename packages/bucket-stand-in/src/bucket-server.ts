import { hash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { faultOfSignature } from './check-signature.ts';
import { type Answer, type Kept, type Operation, startStorage } from './storage.ts';

/** A request as a test sees it. */
export type ReceivedRequest = Operation & {
  /** Counts the requests at this server, from 1. */
  count: number;
};

/**
 * How the server answers a request instead of doing what it asks: with any answer, with `silence`, by hanging up before it (`hang up`), or
 * after it did what was asked (`hang up after`).
 */
export type BucketFault =
  | null
  | 'silence'
  | 'hang up'
  | 'hang up after'
  | { status: number; body: string; headers?: Record<string, string> };

export type BucketServer = {
  readonly url: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly region: string;
  /** Every request, with the status of its answer; 0: it got none. */
  readonly requests: (ReceivedRequest & { status: number; bytes: number })[];
  /** Decides how requests are answered; null: as they should be. */
  behave(decide: ((request: ReceivedRequest) => BucketFault) | null): void;
  objects(bucket: string): readonly Omit<Kept, 'files'>[];
  read(bucket: string, key: string): Promise<Buffer>;
  /** Multipart uploads that were neither completed nor aborted. */
  unfinished(): readonly { key: string; parts: number }[];
  stop(): Promise<void>;
};

/** Starts an S3-compatible service on this machine that keeps its objects in files until it is stopped. */
export async function startBucketServer({ buckets }: { buckets: readonly string[] }): Promise<BucketServer> {
  const folder = await mkdtemp(path.join(tmpdir(), 'buckets-'));
  const keys = { accessKey: 'stand-in', secretKey: randomBytes(24).toString('base64'), region: 'eu-test-1' };
  const storage = startStorage(buckets);
  const requests: BucketServer['requests'] = [];
  let decide: ((request: ReceivedRequest) => BucketFault) | null = null;
  let files = 0;

  const answerTo = async (request: IncomingMessage): Promise<Answer | 'hang up' | 'silence'> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const url = new URL(request.url ?? '/', 'http://bucket');
    const rawPath = (request.url ?? '/').split('?')[0] ?? '/';
    const [, bucket = '', ...rest] = decodeURIComponent(rawPath).split('/');
    const operation: Operation = { method: request.method ?? '', bucket, key: rest.join('/'), query: url.searchParams };
    const received = { ...operation, count: requests.length + 1 };
    const seen = { ...received, status: 0, bytes: body.length };
    requests.push(seen);
    const fault = decide?.(received) ?? null;
    if (fault === 'silence' || fault === 'hang up') return fault;
    if (fault !== null && fault !== 'hang up after') {
      seen.status = fault.status;
      return { headers: {}, ...fault };
    }
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    const signed = { method: operation.method, path: rawPath, query: url.searchParams, headers };
    const refused = faultOfSignature({ ...signed, digest: hash('sha256', body) }, keys, new Date());
    files += 1;
    const file = path.join(folder, String(files));
    if (refused === null) await writeFile(file, body);
    const mediaType = headers['content-type'] ?? 'application/octet-stream';
    const answer =
      refused === null ? storage.handle(operation, { file, body, mediaType }) : storage.refuse(403, refused);
    if (fault === 'hang up after') return 'hang up';
    seen.status = answer.status;
    return answer;
  };

  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const answer = await answerTo(request);
    if (answer === 'silence') return;
    if (answer === 'hang up') return void response.destroy();
    response.writeHead(answer.status, answer.headers).end(answer.body);
  };
  const server = createServer((request, response) => {
    respond(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...keys,
    requests,
    behave: (next) => {
      decide = next;
    },
    objects: (bucket) => storage.objects(bucket).map(({ files: _files, ...kept }) => kept),
    read: async (bucket, key) => {
      const kept = storage.objects(bucket).find((one) => one.key === key);
      if (kept === undefined) throw new Error(`there is no object ${key} in the bucket ${bucket}`);
      return Buffer.concat(await Promise.all(kept.files.map((file) => readFile(file))));
    },
    unfinished: storage.unfinished,
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
      await rm(folder, { recursive: true });
    },
  };
}
