import type { EventContract } from '@arcadia/contracts';
import type { RawBuilder } from 'kysely';
import type { LoggedEvent } from '../bus/message.ts';

export type PublishFromOptions = {
  /**
   * Common table expressions that the query reads, as after `WITH`; they may also insert or update. Rows that are stored and
   * published are then sent to the database once, and written by one statement.
   */
  with?: RawBuilder<unknown>;
};

export type PublishOptions = {
  /** When it happened; by default the present time of the service's clock. */
  occurredAt?: Temporal.Instant;
  /** The id of the event (or the name of the job) that this follows from. */
  causation?: string;
};

/** Publishes an event that `encodeEvent` has encoded before, so that little is left to do while locks are held. */
export type PublishEncoded = (
  contract: EventContract,
  messages: readonly LoggedEvent[],
  /** `isCompressed`: a long payload is stored and published compressed, which releases before this cannot read. */
  options: { isCompressed: boolean },
) => Promise<void>;
