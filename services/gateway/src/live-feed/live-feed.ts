import { everyone, hasRole } from '@arcadia/contracts';
import type { HttpBindings } from '@hono/node-server';
import { streamSSE } from 'hono/streaming';
import { refuseAccept, refuseParameters } from '../admit.ts';
import type { Context, HttpApp, HttpContext } from '../context.ts';
import { problem } from '../problems/problem.ts';
import { createSlots } from '../slots.ts';
import { feedStreams, operatorFeed } from './feed-contracts.ts';
import { createFeedLog, type FeedLog, type Place, placeOf } from './feed-log.ts';
import { createFeedReader } from './feed-reader.ts';

/** A feed is closed when its token expires, and at the latest after this; browsers reconnect by themselves. */
const longestMs = 12 * 60 * 60_000;
/** How often a feed looks whether its token is still accepted: an API key may be revoked meanwhile. */
const recheckMs = 3_000;
/** Feeds open at the same time at one replica, so that a leak elsewhere cannot take the gateway down. */
const readersAtMost = 1_000;
/** How long a reader may take, once its feed is closed, to read the events already sent to it. */
const farewellMs = 2_000;
/** How long a reader with an id waits for a gateway that has just started and still reads the last hour. */
const catchUpMs = 5_000;
const keptHours = 1;

type Feed = { log: FeedLog; caughtUp: Promise<unknown> };

/** Follows the streams of the feed from an hour ago until the gateway stops. */
const followStreams = (ctx: Context, stopping: AbortSignal): Feed => {
  const log = createFeedLog(feedStreams, () => ctx.wallClock.now().epochMilliseconds);
  const caughtUp = feedStreams.map((stream, index) => {
    const done = Promise.withResolvers<void>();
    const contracts = operatorFeed.filter((contract) => contract.stream === stream);
    void ctx.follow(contracts, {
      since: () => ctx.wallClock.now().subtract({ hours: keptHours }),
      signal: stopping,
      onStart: (state) => log.start(index, state),
      onEvent: (event) => log.add(index, event),
      onCaughtUp: done.resolve,
    });
    return done.promise;
  });
  return { log, caughtUp: Promise.all(caughtUp) };
};

/**
 * `GET /api/v1/events`: events as they are published (server-sent events; the event's name is its type, its data the whole event). A reader
 * with `Last-Event-ID` first receives what it missed within an hour, or the event `refetch`.
 */
export const liveFeed = (app: HttpApp, ctx: Context, stopping: AbortSignal): void => {
  const { feedsPerCaller: caller } = ctx.config;
  const slots = createSlots({ caller, tenant: caller * 5, all: readersAtMost }, 'live feeds');
  const feed = followStreams(ctx, stopping);
  app.get('/api/v1/events', async (c) => {
    if (!hasRole(c.get('actor'), everyone))
      return problem(c, 'forbidden', `The live feed needs one of the roles ${everyone.join(', ')}.`);
    const unfit = refuseAccept(c, 'text/event-stream') ?? refuseParameters(c, []);
    if (unfit !== null) return unfit;
    // A HEAD has no body that anybody would read to its end, so it must not open a feed.
    if (c.req.method === 'HEAD') return c.body(null, 200, { 'content-type': 'text/event-stream' });
    const refused = slots.take(c);
    if (refused !== null) return refused;
    const from = await placeToBegin(ctx, feed, c.req.header('last-event-id'));
    // A stream lends eight names to its followers, so a ninth gateway follows none of them, and would show a reader nothing for ever.
    if (!feed.log.hasBegun())
      return problem(c, 'unavailable', 'This replica of the gateway does not follow the events yet; try again.');
    return openFeed(c, ctx, { log: feed.log, from, stopping });
  });
};

/** The place behind which a reader wants to begin: the present end without an id; null for an id that is not of this feed. */
const placeToBegin = async (ctx: Context, { log, caughtUp }: Feed, id: string | undefined): Promise<Place | null> => {
  await Promise.race([caughtUp, new Promise((resolve) => setTimeout(resolve, catchUpMs).unref())]);
  if (id === undefined) return log.end();
  const place = placeOf(id, feedStreams.length);
  return place !== null && (await isReached(ctx, log, place)) ? place : null;
};

/** False for a place that its streams have not reached: the id was made up. Another replica may be ahead of this one. */
const isReached = async (ctx: Context, log: FeedLog, place: Place): Promise<boolean> => {
  const lasts = await Promise.all(
    log.aheadIn(place).map(async (index) => [index, await ctx.lastOf(feedStreams[index] ?? 'JOBS')] as const),
  );
  return lasts.every(([index, last]) => (place.seqs[index] ?? 0) <= last);
};

const openFeed = (
  c: HttpContext,
  ctx: Context,
  { log, from, stopping }: { log: FeedLog; from: Place | null; stopping: AbortSignal },
): Response =>
  streamSSE(c, async (stream) => {
    // Nothing is published between this and the first event that is listened to, so none is lost or doubled.
    const missed = from === null ? 'unknown-id' : log.since(from);
    const start = from === null || typeof missed === 'string' ? log.end() : from;
    // A reader that never reads would otherwise keep its connection and its queue for ever.
    const cut = (): void => void (c.env as HttpBindings).outgoing.destroy();
    const reader = createFeedReader(stream, c.get('actor'), { start, cut });
    let farewell: NodeJS.Timeout | undefined;
    const close = (): void => {
      reader.end();
      farewell ??= setTimeout(cut, farewellMs);
    };
    const stopListening = log.listen((event) =>
      event === 'restarted' ? reader.beginAnew(log.end()) : reader.take(event),
    );
    stream.onAbort(reader.end);
    const isStillValid = c.get('isStillValid');
    // A failure of the database decides nothing about the key; the next look does.
    const recheck = setInterval(
      () =>
        void isStillValid().then(
          (is) => is || close(),
          () => {},
        ),
      recheckMs,
    );
    const endsBy = setTimeout(close, Math.min(c.get('expiresAt') - ctx.wallClock.now().epochMilliseconds, longestMs));
    stopping.addEventListener('abort', close, { once: true });
    try {
      await reader.run(missed);
    } finally {
      clearTimeout(endsBy);
      clearInterval(recheck);
      clearTimeout(farewell);
      stopping.removeEventListener('abort', close);
      stopListening();
    }
  });
