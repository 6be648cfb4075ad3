/** An event as it stands in its stream, not validated again; `data` is null for an event that is published in parts. */
export type FollowedEvent = {
  readonly id: string;
  readonly type: string;
  readonly seq: number;
  /** When the stream stored it, in milliseconds since 1970. */
  readonly publishedMs: number;
  readonly data: unknown;
};

export type FollowOptions = {
  /** Called whenever the stream is read from the beginning of the followed time: the events published since then are given. */
  since: () => Temporal.Instant;
  signal: AbortSignal;
  /** Called before the first event, and again if the stream was created anew: the sequence before the first event to come. */
  onStart: (state: { created: string; through: number }) => void;
  onEvent: (event: FollowedEvent) => void;
  /** Called when no stored event is left; may be called again. */
  onCaughtUp: () => void;
};

export type ReplayOptions = {
  /** Subjects to read instead of all subjects of the contracts. */
  subjects?: readonly string[];
  signal?: AbortSignal;
};
