import type { z } from 'zod';

export type JobRef<Input extends z.ZodType = z.ZodType> = {
  readonly name: string;
  readonly input: Input;
  key(input: z.output<Input>): string;
};

export type EnqueueOptions = {
  /**
   * Why the job is due: a scheduled time, a step and attempt, or an event's id. A second job with the same key and cause is a
   * repetition and is not done. By default a cause of its own: the job is done once for what this transaction changed. A message
   * of a batch is no such cause, because a batch that is delivered again may begin or end with it and bring others along.
   */
  cause?: string;
  /** Not before this instant of the service's clock. */
  runAt?: Temporal.Instant;
  /** Not before this many milliseconds of real time, even while a played clock stands still: for polling other systems. */
  delayMs?: number;
  /**
   * With `runAt` or `delayMs`: nothing is added while a message of the same job and key already waits by the same clock; its time then
   * moves forward if this one is due earlier. For a job that enqueues itself again until it succeeds: whatever starts it in
   * between, one retry is pending.
   */
  onlyOnePending?: true;
};

export type JobRun<Input> = {
  input: Input;
  /** The scheduled time of this run; null when something other than the schedule caused it. */
  scheduledAt: Temporal.Instant | null;
  /** Aborted when the lease is lost or the service stops. */
  signal: AbortSignal;
  /** 1 for the first attempt. */
  attempt: number;
  cause: string;
  /** Stores the progress, to be shown to operators and read by the next attempt. */
  progress(state: Record<string, unknown>): Promise<void>;
};

export type JobSchedule<Input> = {
  /** A cron expression of five or six fields, in UTC. */
  cron: string;
  /** The input of the job of this tick, or the inputs of several jobs. */
  input: (scheduledAt: Temporal.Instant) => Input | Input[];
  /** Which ticks that passed while no replica ran are run later: all (oldest first), only the newest, or none. */
  catchUp: 'all' | 'newest' | 'none';
};
