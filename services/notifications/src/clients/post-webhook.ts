import http from 'node:http';
import https from 'node:https';
import { isIP } from 'node:net';
import { callbackify } from 'node:util';
import { type AddressPolicy, AddressRefused, addressResolver } from './resolve-address.ts';
import { hostOf } from './webhook-url.ts';

/** What came back from a webhook endpoint. */
export type WebhookAnswer = {
  /** Null: there was no answer. */
  status: number | null;
  /** The header `Retry-After`. */
  retryAfter: string | undefined;
  /** The first bytes of the answer; null: there was none. */
  answer: string | null;
  /** Why there was no answer; null for an answer. */
  error: string | null;
};

export type WebhookPoster = {
  /** Posts a body. Never throws: a failure is part of the result. */
  post(request: { url: string; headers: Readonly<Record<string, string>>; body: string }): Promise<WebhookAnswer>;
  close(): void;
};

/** The bytes of an answer that are kept. */
const keptBytes = 1_024;
/** The bytes of an answer that are read; a connection with more is closed. */
const readBytes = 64 * 1_024;
/** The bytes of the headers of an answer. */
const headerBytes = 16 * 1_024;

/**
 * Posts webhooks over connections that are made to checked addresses alone: the name is resolved and checked when a connection is opened,
 * and that connection goes to one of those very addresses. Redirects are not followed.
 */
export function webhookPoster(policy: AddressPolicy & { timeoutMs: number }): WebhookPoster {
  const resolver = addressResolver(policy);
  // With `autoSelectFamily` the socket takes all addresses, and tries one after the other.
  const lookup = callbackify((host: string, _options: unknown) => resolver.resolve(host));
  const settings = { keepAlive: true, maxFreeSockets: 64, timeout: policy.timeoutMs, autoSelectFamily: true, lookup };
  const agents = { 'https:': new https.Agent(settings), 'http:': new http.Agent(settings) };

  const post: WebhookPoster['post'] = ({ url: text, headers, body }) =>
    new Promise((resolve) => {
      const url = new URL(text);
      const isPlain = url.protocol === 'http:';
      if (isPlain && !policy.allowsLoopback) return resolve(failed('the URL does not begin with https://'));
      const host = hostOf(url);
      try {
        if (isIP(host) !== 0) resolver.check(host);
      } catch (error) {
        return resolve(failed(textOf(error, policy.timeoutMs)));
      }
      const signal = AbortSignal.timeout(policy.timeoutMs);
      const request = (isPlain ? http : https).request(url, {
        method: 'POST',
        agent: agents[isPlain ? 'http:' : 'https:'],
        maxHeaderSize: headerBytes,
        signal,
        headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
      });
      let isAnswered = false;
      request.on('error', (error) => {
        // Once the head of the answer is there, it decides.
        if (!isAnswered) resolve(failed(textOf(error, policy.timeoutMs)));
      });
      request.once('response', (response) => {
        isAnswered = true;
        void readStart(response).then((answer) =>
          resolve({
            status: response.statusCode ?? null,
            retryAfter: response.headers['retry-after'],
            answer,
            error: null,
          }),
        );
      });
      request.end(body);
    });

  return {
    post,
    close: () => {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}

const failed = (error: string): WebhookAnswer => ({ status: null, retryAfter: undefined, answer: null, error });

/** Reads an answer up to its limits and keeps its beginning. What follows a whole head decides nothing, so an error here is none. */
async function readStart(response: http.IncomingMessage): Promise<string> {
  const kept: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      if (size < keptBytes) kept.push(chunk.subarray(0, keptBytes - size));
      size += chunk.length;
      if (size > readBytes) break; // leaving the loop closes the connection
    }
  } catch {
    // The answer broke off or took too long.
  }
  // Postgres stores no NUL, and half a character at the cut is replaced.
  return Buffer.concat(kept).toString('utf8').replaceAll('\0', '\uFFFD');
}

function textOf(error: unknown, timeoutMs: number): string {
  if (error instanceof AddressRefused) return error.message;
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'AbortError' || error.name === 'TimeoutError') return `no answer within ${timeoutMs} ms`;
  const code = 'code' in error ? String(error.code) : '';
  if (code.startsWith('HPE_')) return `the answer is not HTTP (${code})`;
  return (code === '' ? error.message : `${error.message} (${code})`).slice(0, 500);
}
