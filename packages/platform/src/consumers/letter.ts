/** A message on `dead.<service>.<consumer>`: the fault, its origin, and the failed message itself so that it can be handled again. */
export type DeadLetter = {
  service: string;
  /** The consumer, or `job-<name>`. */
  consumer: string;
  /** A short word: `newer-version`, `invalid-data`, `handler-failed`, `job-failed`. */
  fault: string;
  detail: string;
  attempts: number;
  parked_at: string;
  origin: {
    stream: string;
    seq: number;
    subject: string;
    headers: Record<string, string>;
    /** The published text; null if it is too large to be stored twice, and is then read at its origin. */
    payload: string | null;
  };
};

export type StoredDeadLetter = DeadLetter & {
  /** The number by which operators refer to it: its sequence on the stream `DEAD`. */
  number: number;
};

/** What a consumer has parked and no operator has decided on, and what operators may have requeued of it. */
export type OpenLetters = {
  /** Messages that it has parked, neither requeued nor dismissed. */
  open: number;
  /** The stream sequence of the last message published for it: whatever was requeued before the letters were counted is not behind it. */
  requeuedThrough: number;
};
