import { endOfTurn } from '../bus/end-of-turn.ts';
import { type OutboxRead, type Range, readOutbox, type Session, type TransactionEnds } from './outbox-session.ts';
import { type Batch, prepareBatch } from './relay-batch.ts';

/** A batch of fewer messages was probably the whole outbox, so reading ahead would be wasted. */
const worthReadingAhead = 200;
/** After so many batches the relay reads from the beginning again, to find transactions that took their number early and committed late. */
const fromTheBeginningEvery = 10;
/** The number before those of all messages. */
const fromTheBeginning = '0';

export type ReadAhead = {
  /** The batch to be published now. While it is being published, the next one is prepared and sent but for its last message, and the one after that is read. */
  take(): Promise<Batch>;
  /** Waits for what is being read and drops it: the outbox is read from its beginning again. */
  drop(): Promise<void>;
};

/**
 * Reads the outbox ahead of its publication, so that Postgres, this process and the server work at once. The session runs its statements
 * in order, so a read never sees a pointer that was deleted before it; those of batches on their way are left out.
 * @param release moves delayed jobs that are due into the outbox
 */
export function readAhead(
  session: Session,
  to: Parameters<typeof prepareBatch>[1],
  release: () => Promise<void>,
): ReadAhead {
  const ends: TransactionEnds = new Map();
  let turn = 0;
  let prepared: Promise<Batch> | null = null;
  /** The messages that follow the batch in preparation; null if that batch probably was the end of the outbox. */
  let behind: Promise<OutboxRead | null> = Promise.resolve(null);

  const readFromTheBeginning = async (without: readonly Range[]): Promise<OutboxRead> => {
    await release();
    return await readOutbox(session, { after: fromTheBeginning, without }, ends);
  };
  /** Reads behind the last of the batches on their way. */
  const readOn = async (...onTheirWay: Pick<OutboxRead, 'rows'>[]): Promise<OutboxRead> => {
    const without = onTheirWay.map(rangeOf);
    turn = (turn + 1) % fromTheBeginningEvery;
    if (turn === 0) return await readFromTheBeginning(without);
    return await readOutbox(session, { after: without.at(-1)?.last ?? fromTheBeginning, without }, ends);
  };
  const prepareAhead = async (reading: Promise<OutboxRead>): Promise<Batch> => {
    const read = await reading;
    // What Postgres and the server do meanwhile is sent to them first: preparing takes some milliseconds.
    await endOfTurn();
    return prepareBatch(read, to, { ahead: true });
  };

  return {
    async take() {
      const batch = await (prepared ??
        readFromTheBeginning([]).then((read) => prepareBatch(read, to, { ahead: false })));
      prepared = null;
      if (batch.rows.length < worthReadingAhead) return batch;
      const next = behind.then((read) => read ?? readOn(batch));
      behind = next.then((read) => (read.rows.length < worthReadingAhead ? null : readOn(batch, read)));
      prepared = prepareAhead(next);
      for (const each of [behind, prepared]) each.catch(() => undefined); // the next `take` fails with its error, or `drop` discards it
      return batch;
    },
    async drop() {
      await Promise.allSettled([prepared, behind]);
      prepared = null;
      behind = Promise.resolve(null);
    },
  };
}

const rangeOf = ({ rows }: Pick<OutboxRead, 'rows'>): Range => ({
  first: rows[0]?.number ?? fromTheBeginning,
  last: rows.at(-1)?.number ?? fromTheBeginning,
});
