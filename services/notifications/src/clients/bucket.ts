import { hash } from 'node:crypto';
import type http from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { AwsV4Signer } from 'aws4fetch';
import { XMLParser } from 'fast-xml-parser';
import { exchange } from './exchange.ts';
import type { PinnedAgents } from './pinned-agents.ts';
import { AddressRefused } from './resolve-address.ts';
import { textOfFailure } from './text-of-failure.ts';

/** Where a bucket is, and the key that requests to it are signed with. */
export type BucketAccess = {
  endpointUrl: string;
  region: string;
  bucket: string;
  accessKey: string;
  secretKey: string;
};

/** What a bucket answered to one request; its status is 2xx. */
export type BucketAnswer = { headers: http.IncomingHttpHeaders; body: string };

/** A request to a bucket failed. The message is for the owner of the bucket. */
export class BucketRefused extends Error {
  override name = 'BucketRefused';
  /** Null: there was no answer. */
  readonly status: number | null;
  /** True: the same request may succeed in a moment. */
  readonly isPassing: boolean;

  constructor(message: string, { status, isPassing }: { status: number | null; isPassing: boolean }) {
    super(message);
    this.status = status;
    this.isPassing = isPassing;
  }
}

export type BucketRequest = {
  method: 'PUT' | 'POST' | 'DELETE';
  key: string;
  query?: Readonly<Record<string, string>>;
  headers?: Readonly<Record<string, string>>;
  body?: Uint8Array;
};

export type Bucket = {
  /** @throws BucketRefused for any answer but 2xx, and for none */
  send(request: BucketRequest, signal: AbortSignal): Promise<BucketAnswer>;
};

/** The bytes of an answer that are read; an answer with more is refused. */
const readBytes = 64 * 1_024;
/** The waits before a request is sent again whose failure may pass, in milliseconds. */
const waitsMs = [500, 1_500];

/**
 * A bucket of an S3-compatible service, by Amazon's REST API with Signature Version 4. The digest of each body is signed, so the bucket
 * refuses what was changed on the way. Redirects are not followed.
 */
export function bucketAt(access: BucketAccess, agents: PinnedAgents, timeoutMs: number): Bucket {
  const once = async (request: BucketRequest, signal: AbortSignal): Promise<BucketAnswer> => {
    const body = request.body ?? new Uint8Array();
    const url = urlOf(access, request);
    const signed = await new AwsV4Signer({
      ...{ method: request.method, url: url.href, service: 's3', region: access.region },
      ...{ accessKeyId: access.accessKey, secretAccessKey: access.secretKey },
      headers: { ...request.headers, 'x-amz-content-sha256': hash('sha256', body, 'hex') },
    }).sign();
    const headers = Object.fromEntries(signed.headers);
    try {
      const response = await exchange(agents, url, { method: request.method, headers, body, signal });
      return answerOf({ status: response.statusCode ?? 0, headers: response.headers, body: await readWhole(response) });
    } catch (error) {
      if (error instanceof BucketRefused) throw error;
      const isPassing = !(error instanceof AddressRefused) && !signal.aborted;
      throw new BucketRefused(textOfFailure(error, timeoutMs), { status: null, isPassing });
    }
  };
  return {
    async send(request, ending) {
      // All tries of a request share its time: who offers the rows waits a minute for the next one to be fetched.
      const signal = AbortSignal.any([ending, AbortSignal.timeout(timeoutMs)]);
      for (const waitMs of waitsMs) {
        try {
          return await once(request, signal);
        } catch (error) {
          if (!(error instanceof BucketRefused) || !error.isPassing || signal.aborted) throw error;
          await delay(waitMs, undefined, { signal }).catch(() => {
            throw error;
          });
        }
      }
      return await once(request, signal);
    },
  };
}

/** The bucket is named in the path, which every S3-compatible service knows. */
function urlOf({ endpointUrl, bucket }: BucketAccess, { key, query = {} }: BucketRequest): URL {
  const url = new URL(endpointUrl);
  url.pathname = `${url.pathname.replace(/\/$/, '')}/${bucket}/${key}`;
  url.search = new URLSearchParams(query).toString();
  return url;
}

async function readWhole(response: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > readBytes) throw new Error(`the bucket answered with more than ${readBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const parser = new XMLParser({ parseTagValue: false, processEntities: false, ignoreDeclaration: true });

/** The outermost element of an answer; null: it is no XML. */
function rootOf(body: string): { name: string; fields: Readonly<Record<string, unknown>> } | null {
  try {
    // Services begin a late answer with white space, to keep the connection; no XML may.
    const [root] = Object.entries(parser.parse(body.trim(), true) as Record<string, unknown>);
    if (root === undefined) return null;
    const [name, fields] = root;
    return { name, fields: typeof fields === 'object' && fields !== null ? (fields as Record<string, unknown>) : {} };
  } catch {
    return null;
  }
}

/** The text of a field of a successful answer, whose outermost element has various names; null: there is none. */
export function fieldOf(body: string, field: string): string | null {
  const root = rootOf(body);
  const found = root === null || root.name === 'Error' ? null : root.fields[field];
  return typeof found === 'string' && found !== '' ? found : null;
}

/** The code of an error as an S3-compatible service names it, such as `NoSuchBucket`; null: the answer is no error. */
export function errorCodeIn(body: string): string | null {
  const root = rootOf(body);
  if (root?.name !== 'Error') return null;
  const { Code: code } = root.fields;
  return typeof code === 'string' && /^\w{1,60}$/.test(code) ? code : 'without a code';
}

const codeIn = (body: string): string => {
  const code = errorCodeIn(body);
  return code === null || code === 'without a code' ? '' : ` (${code})`;
};

/** What the codes mean that the owner of a bucket can do something about (S3, "Error responses"). */
const meanings: Readonly<Record<string, string>> = {
  AccessDenied: 'the key may not do this there',
  AccountProblem: 'the account of the bucket is blocked',
  AuthorizationHeaderMalformed: 'the region is another one',
  EntityTooLarge: 'the object is larger than the bucket takes',
  ExpiredToken: 'the key has expired',
  InvalidAccessKeyId: 'there is no such access key',
  NoSuchBucket: 'there is no such bucket',
  RequestTimeTooSkewed: 'the clock of this system differs from that of the bucket',
  SignatureDoesNotMatch: 'the secret key is not that of the access key',
  SlowDown: 'the bucket is overloaded',
};

const meaningOf = (body: string): string => {
  const meaning = meanings[errorCodeIn(body) ?? ''];
  return meaning === undefined ? '' : `: ${meaning}`;
};

/** The last answers of a server that is overloaded or slow (S3, "Error responses"). */
const passing: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

function answerOf({ status, headers, body }: BucketAnswer & { status: number }): BucketAnswer {
  if (status >= 200 && status < 300) return { headers, body };
  const region = headers['x-amz-bucket-region'];
  const hint = typeof region === 'string' && /^[\w-]{1,40}$/.test(region) ? `; the bucket is in ${region}` : '';
  const what = status >= 300 && status < 400 ? '; redirects are not followed' : '';
  throw new BucketRefused(`the bucket answered ${status}${codeIn(body)}${meaningOf(body)}${what}${hint}`, {
    status,
    isPassing: passing.has(status),
  });
}
