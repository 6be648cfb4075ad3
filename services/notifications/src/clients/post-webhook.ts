import type http from 'node:http';
import { exchange } from './exchange.ts';
import { pinnedAgents } from './pinned-agents.ts';
import type { AddressPolicy } from './resolve-address.ts';
import { textOfFailure } from './text-of-failure.ts';

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

/**
 * Posts webhooks over connections that are made to checked addresses alone. Redirects are not followed.
 */
export function webhookPoster(policy: AddressPolicy & { timeoutMs: number }): WebhookPoster {
  const agents = pinnedAgents(policy);

  const post: WebhookPoster['post'] = async ({ url, headers, body }) => {
    const signal = AbortSignal.timeout(policy.timeoutMs);
    try {
      const response = await exchange(agents, new URL(url), { method: 'POST', headers, body, signal });
      // Once the head of the answer is there, it decides.
      return {
        status: response.statusCode ?? null,
        retryAfter: response.headers['retry-after'],
        answer: await readStart(response),
        error: null,
      };
    } catch (error) {
      return failed(textOfFailure(error, policy.timeoutMs));
    }
  };

  return {
    post,
    close: () => agents.close(),
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
