import type { Transaction } from 'kysely';
import type { ServiceContext } from '../kernel/definition.ts';
import { bufferEvents } from '../outbox/transaction.ts';
import type { Runtime } from '../runtime.ts';

/**
 * The context with which a read is handled inside the transaction of a command. Its `transact` is that transaction too: another
 * one would wait for the locks of the first for ever.
 */
export const contextWithin = <DB, Config>(
  { ctx, publisher }: Runtime<DB, Config>,
  trx: Transaction<DB>,
): ServiceContext<DB, Config> => ({
  ...ctx,
  db: trx,
  async transact(work) {
    const events = bufferEvents(trx, publisher);
    const value = await work(events.tx);
    await events.write();
    return value;
  },
});
