import type { RawBuilder } from 'kysely';

export type PublishFromOptions = {
  /**
   * Common table expressions that the query reads, as after `WITH`; they may also insert or update. Rows that are stored and
   * published are then sent to the database once, and written by one statement.
   */
  with?: RawBuilder<unknown>;
  /** True: the best plan of the query does not depend on its arguments, so that it is prepared, as `steady` has it. */
  isSteady?: true;
};

export type PublishOptions = {
  /** When it happened; by default the present time of the service's clock. */
  occurredAt?: Temporal.Instant;
  /** The id of the event (or the name of the job) that this follows from. */
  causation?: string;
};
