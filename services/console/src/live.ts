import { streamSSE } from 'hono/streaming';
import type { HttpContext } from './context.ts';
import { workList } from './html/running-work.ts';
import { type WorkName, works } from './work.ts';

/**
 * The live feed of the gateway for the signed-in person, passed on as it comes. It ends when the browser leaves the page; a browser that
 * connects again, with the id of the last event, receives what it missed.
 */
export const liveFeed = async (c: HttpContext): Promise<Response> => {
  if (c.req.method === 'HEAD') return feedWithoutReader(c);
  const feed = await c.get('api').listen(c.req.raw.signal, c.req.header('last-event-id'));
  return c.newResponse(feed.body === null ? null : ReadableStream.from(untilLeft(feed.body)), 200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
};

/** The feed until the browser leaves or the gateway ends it; either way the browser connects again if it still wants it. */
async function* untilLeft(feed: AsyncIterable<Uint8Array<ArrayBuffer>>): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  try {
    yield* feed;
  } catch {
    // A feed that is broken off has lost nothing: the id of its last event is sent with the next request.
  }
}

/** HEAD has no body that anybody would read to its end, so it must not open a feed. */
const feedWithoutReader = (c: HttpContext): Response => c.body(null, 200, { 'content-type': 'text/event-stream' });

/** How often a running work is looked at, and how long one feed of it lives; the browser opens the next one, in milliseconds. */
const lookEveryMs = 1_000;
const feedMs = 600_000;

/** What runs, again whenever it differs, until it is over. */
export const workFeed = (c: HttpContext): Response => {
  const name = c.req.param('name') ?? '';
  if (!isWorkName(name)) return c.text('There is no such work.', 404);
  const about = c.req.query('about') ?? '';
  if (c.req.method === 'HEAD') return feedWithoutReader(c);
  const api = c.get('api');
  c.header('x-accel-buffering', 'no');
  return streamSSE(c, async (stream) => {
    let shown = '';
    for (let passed = 0; passed < feedMs && !stream.aborted; passed += lookEveryMs) {
      const found = await works[name](api, about);
      if (found.length === 0) {
        await stream.writeSSE({ event: 'over', data: 'over' });
        return;
      }
      const list = String(await workList(found));
      if (list !== shown) await stream.writeSSE({ event: 'work', data: list });
      shown = list;
      await stream.sleep(lookEveryMs);
    }
  });
};

const isWorkName = (name: string): name is WorkName => Object.hasOwn(works, name);
