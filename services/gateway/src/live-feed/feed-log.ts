import { hash } from 'node:crypto';
import type { FollowedEvent } from '@arcadia/platform';

/** An event of the last hour as the feed shows it. */
export type FeedEvent = {
  /** Index of its stream in the log. */
  stream: number;
  seq: number;
  publishedMs: number;
  type: string;
  tenantId: string | null;
  json: string;
};

/** A place in the feed: the last sequence of each stream that a reader has been shown. */
export type Place = { epoch: string; seqs: readonly number[] };

/** Why a reader has to read again what it shows: its place is not known here. */
export type Gap = 'unknown-id' | 'too-old' | 'restarted';

const keptMs = 60 * 60_000;

/** One stream: its events of the last hour. Nothing that was published after `floor` and up to `through` is lacking. */
type Part = { created: string | null; events: FeedEvent[]; floor: number; through: number };

/**
 * The events of the last hour of some streams, in memory and within a number of bytes. The oldest are forgotten first.
 * @param names the streams, in the order of the sequences of a place
 */
export const createFeedLog = (names: readonly string[], now: () => number, bytesAtMost = 32 * 1024 * 1024) => {
  const parts = names.map((): Part => ({ created: null, events: [], floor: 0, through: 0 }));
  const listeners = new Set<(event: FeedEvent | 'restarted') => void>();
  let bytes = 0;
  let epoch = '';

  const forget = (part: Part): void => {
    const dropped = part.events.shift();
    if (dropped === undefined) return;
    bytes -= dropped.json.length;
    part.floor = dropped.seq;
  };
  const trim = (): void => {
    const oldest = now() - keptMs;
    for (const part of parts) while ((part.events[0]?.publishedMs ?? oldest) < oldest) forget(part);
    while (bytes > bytesAtMost) {
      const byAge = parts.filter(({ events }) => events.length > 0);
      const first = byAge.toSorted((a, b) => (a.events[0]?.publishedMs ?? 0) - (b.events[0]?.publishedMs ?? 0))[0];
      if (first === undefined) return;
      forget(first);
    }
  };
  const giveAll = (event: FeedEvent | 'restarted'): void => {
    for (const listener of listeners) listener(event);
  };

  return {
    /** Begins a stream, or begins it anew after it was created again. */
    start(stream: number, { created, through }: { created: string; through: number }): void {
      const part = parts[stream] as Part;
      const isAnew = part.created !== null;
      bytes -= part.events.reduce((sum, { json }) => sum + json.length, 0);
      Object.assign(part, { created, events: [], floor: through, through });
      epoch = hash(
        'sha256',
        JSON.stringify(parts.map((each, index) => [names[index], each.created])),
        'base64url',
      ).slice(0, 8);
      if (isAnew) giveAll('restarted');
    },
    add(stream: number, { seq, publishedMs, type, data }: FollowedEvent): void {
      const part = parts[stream] as Part;
      const event = { stream, seq, publishedMs, type, tenantId: tenantIn(data), json: JSON.stringify(data) };
      part.events.push(event);
      part.through = seq;
      bytes += event.json.length;
      trim();
      giveAll(event);
    },
    /** Calls `listener` for each event from now on. Returns a function that stops it. */
    listen(listener: (event: FeedEvent | 'restarted') => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    /** True once every stream is followed. Until then events are lacking, and their number is unknown. */
    hasBegun: (): boolean => parts.every(({ created }) => created !== null),
    /** The place behind the newest event. */
    end: (): Place => ({ epoch, seqs: parts.map(({ through }) => through) }),
    /** The events behind a place, in the order of their time, and those of one stream in its order; or why they are not known. */
    since(place: Place): FeedEvent[] | Gap {
      if (place.epoch !== epoch) return 'unknown-id';
      trim();
      if (parts.some(({ floor }, index) => (place.seqs[index] ?? -1) < floor)) return 'too-old';
      const rests = parts.map(({ events }, index) => events.filter(({ seq }) => seq > (place.seqs[index] ?? 0)));
      return inOrderOfTime(rests);
    },
    /** The streams in which a place is ahead of this log, as that of another replica may be for a moment. */
    aheadIn: (place: Place): number[] =>
      parts.flatMap(({ through }, index) => ((place.seqs[index] ?? 0) > through ? [index] : [])),
  };
};

export type FeedLog = ReturnType<typeof createFeedLog>;

/** Merges the events of several streams by time, and leaves those of one stream in their order even where a clock was set back. */
const inOrderOfTime = (rests: readonly FeedEvent[][]): FeedEvent[] => {
  const next = rests.map(() => 0);
  const merged: FeedEvent[] = [];
  for (;;) {
    let first: FeedEvent | undefined;
    rests.forEach((rest, index) => {
      const event = rest[next[index] ?? 0];
      if (event !== undefined && (first === undefined || event.publishedMs < first.publishedMs)) first = event;
    });
    if (first === undefined) return merged;
    merged.push(first);
    next[first.stream] = (next[first.stream] ?? 0) + 1;
  }
};

const tenantIn = (data: unknown): string | null =>
  typeof data === 'object' && data !== null && 'tenant_id' in data && typeof data.tenant_id === 'string'
    ? data.tenant_id
    : null;

/** The id of an event: the place behind it, so that a reader can continue there at any replica. */
export const textOfPlace = ({ epoch, seqs }: Place): string =>
  `${epoch}.${seqs.map((seq) => seq.toString(36)).join('.')}`;

/** The place that an id names; null for a text that is no id of this feed. */
export const placeOf = (text: string, streams: number): Place | null => {
  const [epoch = '', ...seqs] = text.split('.', streams + 2);
  if (!/^[\w-]{8}$/.test(epoch) || seqs.length !== streams || !seqs.every((seq) => /^[0-9a-z]{1,10}$/.test(seq)))
    return null;
  return { epoch, seqs: seqs.map((seq) => Number.parseInt(seq, 36)) };
};
