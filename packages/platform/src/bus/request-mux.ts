import { randomFillSync } from 'node:crypto';
import { errors, type Msg, type MsgHdrs, type NatsConnection } from '@nats-io/nats-core';

/** Requests of one connection, whose replies all come to one subscription. */
export type RequestMux = {
  /**
   * Sends a request and waits for its reply.
   * @throws errors.TimeoutError, errors.NoRespondersError, or the error with which `end` was called meanwhile
   */
  request(subject: string, body: string, options: { headers?: MsgHdrs; timeoutMs: number }): Promise<Msg>;
  /** Ends the requests that wait with an error: all of them, or those on one subject. */
  end(error: Error, subject?: string): void;
};

type Waiting = {
  subject: string;
  resolve: (reply: Msg) => void;
  reject: (error: Error) => void;
  timer: NodeJS.Timeout;
};

const tokenBytes = 12;

/** Tokens that cannot be guessed, so that a service which has received one request cannot reply to another; random bytes are drawn for many. */
const tokens = () => {
  const pool = Buffer.alloc(tokenBytes * 256);
  let at = pool.length;
  return (): string => {
    if (at === pool.length) {
      randomFillSync(pool);
      at = 0;
    }
    at += tokenBytes;
    return pool.toString('base64url', at - tokenBytes, at);
  };
};

/**
 * The client can send requests too, but makes an error with its stack for each, also where the reply has come, which takes as long as
 * everything else that it does for a request.
 * @param newInbox a new subject that only this connection's user may read
 */
export function requestMux(nc: NatsConnection, newInbox: () => string): RequestMux {
  const waiting = new Map<string, Waiting>();
  const nextToken = tokens();
  let inbox: string | null = null;

  function listen(): string {
    const start = `${newInbox()}.`;
    nc.subscribe(`${start}*`, {
      callback(error, message) {
        if (error !== null) end(error);
        else settle(message.subject.slice(start.length), message);
      },
    });
    return start;
  }

  function settle(token: string, reply: Msg): void {
    const found = taken(token);
    if (found === undefined) return;
    if (reply.data.length === 0 && reply.headers?.code === 503)
      found.reject(new errors.NoRespondersError(found.subject));
    else found.resolve(reply);
  }

  function taken(token: string): Waiting | undefined {
    const found = waiting.get(token);
    if (found === undefined) return undefined;
    waiting.delete(token);
    clearTimeout(found.timer);
    return found;
  }

  function end(error: Error, subject?: string): void {
    for (const [token, one] of waiting)
      if (subject === undefined || one.subject === subject) taken(token)?.reject(error);
  }

  return {
    request: (subject, body, { headers, timeoutMs }) =>
      new Promise((resolve, reject) => {
        inbox ??= listen();
        const token = nextToken();
        const timer = setTimeout(() => taken(token)?.reject(new errors.TimeoutError()), timeoutMs);
        waiting.set(token, { subject, resolve, reject, timer });
        try {
          const reply = inbox + token;
          nc.publish(subject, body, headers === undefined ? { reply } : { headers, reply });
        } catch (error) {
          taken(token)?.reject(error as Error);
        }
      }),
    end,
  };
}
