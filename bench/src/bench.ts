import type { Gate, Side } from './measure.ts';

/** One benchmark: what it compares, what is asked of it, and how to set both sides up. */
export type Bench = {
  name: string;
  /** What the figures are: `events/s`, `ms`. */
  unit: string;
  summary: string;
  gate: Gate;
  pairs: number;
  /** Sets both sides up on servers of its own; `note` may report further figures that have no gate of their own. */
  prepare(stage: BenchStage): Promise<Prepared>;
};

export type Prepared = {
  ours: Side;
  bare: Side;
  /** Compares what both sides have done; throws when they did not do the same. Runs before and after timing. */
  check?: () => Promise<void>;
  notes?: () => Promise<Record<string, number | string>>;
};

export type BenchStage = {
  /** A superuser's address on a Postgres of this run's own, durable as in production. */
  postgresUrl: string;
  /** A nats-server of this run's own, syncing before it acknowledges. */
  natsUrl: string;
  /** Undone in reverse order at the end. */
  defer(undo: () => Promise<unknown>): void;
  /** For the person who waits. */
  say(line: string): void;
};

export const benches: Record<string, () => Promise<Bench>> = {
  relay: async () => (await import('./relay.ts')).relay,
  consumer: async () => (await import('./consumer.ts')).consumer,
  request: async () => (await import('./request.ts')).request,
  drift: async () => (await import('./drift.ts')).drift,
  metering: async () => (await import('./metering.ts')).metering,
  'metering-summary': async () => (await import('./metering-summary.ts')).meteringSummary,
  'metering-ingest': async () => (await import('./metering-ingest.ts')).meteringIngest,
  'metering-pipeline': async () => (await import('./metering-pipeline.ts')).meteringPipeline,
  invoicing: async () => (await import('./invoicing.ts')).invoicing,
  inventory: async () => (await import('./inventory.ts')).inventory,
  'csv-import': async () => (await import('./csv-import.ts')).csvImport,
};
