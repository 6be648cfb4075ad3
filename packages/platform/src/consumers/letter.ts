import { instantText } from '@arcadia/contracts';
import { z } from 'zod';

/** A message on `dead.<service>.<consumer>`: the fault, its origin, and the failed message itself so that it can be handled again. */
export const deadLetter = z.object({
  service: z.string(),
  /** The consumer, or `job-<name>`. */
  consumer: z.string(),
  /** A short word: `newer-version`, `invalid-data`, `handler-failed`, `job-failed`. */
  fault: z.string(),
  detail: z.string(),
  attempts: z.int().min(0),
  parked_at: instantText,
  origin: z.object({
    stream: z.string(),
    seq: z.int().min(1),
    subject: z.string(),
    headers: z.record(z.string(), z.string()),
    /** The published text; null if it is too large to be stored twice, and is then read at its origin. */
    payload: z.string().nullable(),
  }),
});
/** A message on `dead.<service>.<consumer>`. */
export type DeadLetter = z.infer<typeof deadLetter>;

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
