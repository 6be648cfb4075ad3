import type { HttpContext } from './context.ts';

/** The live feed of the gateway for the signed-in person, passed on as it comes. It ends when the browser leaves the page. */
export const liveFeed = async (c: HttpContext): Promise<Response> => {
  const feed = await c.get('api').listen(c.req.raw.signal);
  return c.newResponse(feed.body, 200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
};
