import type { HttpBindings } from '@hono/node-server';
import type { HttpContext } from '../context.ts';

/** Passes a file of the gateway on, piece by piece. */
export const passOn = (c: HttpContext, { body, headers }: Response): Response => {
  c.header('content-type', headers.get('content-type') ?? 'application/octet-stream');
  c.header('content-disposition', headers.get('content-disposition') ?? 'attachment');
  return c.newResponse(body === null ? null : ReadableStream.from(unbroken(c, body)));
};

/**
 * The pieces of a file. If one cannot be read, the connection is destroyed: a normal end would make what was sent look like the whole file.
 */
export async function* unbroken(
  c: HttpContext,
  pieces: AsyncIterable<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  try {
    yield* pieces;
  } catch (error) {
    const requestId = String(c.get('requestId'));
    c.get('ctx').log.error({ err: error, requestId, path: c.req.path }, 'a download broke off');
    (c.env as unknown as HttpBindings).outgoing.destroy();
  }
}
