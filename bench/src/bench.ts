import type { Gate, Side } from './measure.ts';

/** One benchmark: the two sides that it compares, the required ratio, and how to set both sides up. */
export type Bench = {
  name: string;
  /** The unit of the figures: `events/s`, `ms`. */
  unit: string;
  summary: string;
  gate: Gate;
  pairs: number;
  /** Given if the other side is another product that does the same work, instead of the bare limit. */
  peer?: Peer;
  /** Sets up both sides on servers of this run. */
  prepare(stage: BenchStage): Promise<Prepared>;
};

export type Peer = {
  name: string;
  /** What ours promises for the same work and the peer does not, as a sentence. */
  differs: string;
};

export type Prepared = {
  ours: Side;
  /** The bare limit, or the peer. */
  bare: Side;
  /** Throws if both sides did not do the same work. Runs before and after timing. */
  check?: () => Promise<void>;
  notes?: () => Promise<Record<string, number | string>>;
  /** Further figures with the most that each may be, measured after the pairs; one above it fails the benchmark. */
  furtherGates?: () => Promise<readonly FurtherGate[]>;
};

export type FurtherGate = { name: string; value: number; atMost: number };

export type BenchStage = {
  /** A superuser's URL on the Postgres of this run, durable as in production. */
  postgresUrl: string;
  /** The URL of the nats-server of this run, which syncs before it acknowledges. */
  natsUrl: string;
  /** Functions that are called in reverse order at the end. */
  defer(undo: () => Promise<unknown>): void;
  /** Prints a line of progress. */
  progress(line: string): void;
};
