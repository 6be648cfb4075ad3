import type { Actor } from '@arcadia/contracts';
import type { SSEStreamingApi } from 'hono/streaming';
import { maySee } from './feed-contracts.ts';
import { type FeedEvent, type Gap, type Place, textOfPlace } from './feed-log.ts';

const keepAliveMs = 15_000;
/** Events that a slow reader may be behind before its connection is closed; it reconnects and continues where it was. */
const behindAtMost = 500;

const gapWords: Record<Gap, string> = {
  'unknown-id': 'The id is not of this feed, or of a feed that was begun anew.',
  'too-old': 'The events behind the id are no longer kept.',
  restarted: 'A stream of the feed was begun anew.',
};

/**
 * The queue of one reader: in order, and bounded for what is published while it reads. A comment now and then keeps the connection open
 * through proxies, and carries the place of the reader even where it may see no event. `cut` destroys the connection.
 */
export const createFeedReader = (
  stream: SSEStreamingApi,
  actor: Actor,
  { start, cut }: { start: Place; cut: () => void },
) => {
  const waiting: (FeedEvent | Gap)[] = [];
  const place = { epoch: start.epoch, seqs: [...start.seqs] };
  let wake: () => void = () => {};
  let isOver = false;
  let isIdle = false;
  const end = (): void => {
    isOver = true;
    wake();
  };
  const id = (): string => textOfPlace(place);
  const write = async (event: FeedEvent | Gap): Promise<void> => {
    if (typeof event === 'string') {
      await stream.writeSSE({
        event: 'refetch',
        id: id(),
        data: JSON.stringify({ reason: event, detail: gapWords[event] }),
      });
      return;
    }
    if (isKnown(event)) return;
    place.seqs[event.stream] = event.seq;
    if (maySee(actor, event)) await stream.writeSSE({ event: event.type, id: id(), data: event.json });
  };
  const isKnown = ({ stream: index, seq }: FeedEvent): boolean => seq <= (place.seqs[index] ?? 0);
  const comment = (text: string): Promise<unknown> => stream.write(`: ${text}\nid: ${id()}\n\n`);
  return {
    end,
    /** Queues what is published while the reader is behind; the connection of one that is too far behind is destroyed. */
    take: (event: FeedEvent): void => {
      if (isOver) return;
      if (!maySee(actor, event)) {
        // What a reader may not see does not wake it; its place moves along, unless it still has to be shown earlier events.
        if (isIdle && !isKnown(event)) place.seqs[event.stream] = event.seq;
        return;
      }
      waiting.push(event);
      wake();
      if (waiting.length <= behindAtMost) return;
      waiting.length = 0;
      end();
      cut();
    },
    /** Continues at the end of a feed of which a stream was begun anew. */
    beginAnew: ({ epoch, seqs }: Place): void => {
      Object.assign(place, { epoch, seqs: [...seqs] });
      waiting.splice(0, waiting.length, 'restarted');
      wake();
    },
    run: async (missed: readonly FeedEvent[] | Gap): Promise<void> => {
      await comment('listening');
      for (const event of typeof missed === 'string' ? [missed] : missed) {
        if (isOver) return;
        await write(event);
      }
      while (!isOver) {
        const event = waiting.shift();
        if (event !== undefined) {
          await write(event);
          continue;
        }
        isIdle = true;
        const isSilent = await new Promise<boolean>((resolve) => {
          const timer = setTimeout(() => resolve(true), keepAliveMs);
          wake = () => {
            clearTimeout(timer);
            resolve(false);
          };
        });
        isIdle = false;
        if (isSilent && !isOver) await comment('still here');
      }
    },
  };
};
