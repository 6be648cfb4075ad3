import { withAdvisoryLock } from '../postgres/advisory-lock.ts';
import type { Runtime } from '../runtime.ts';

/** Does work that one replica at a time may do to the tables of the service, while none of them runs yet. */
export const withRestoreLock = <DB, Config>({ db }: Runtime<DB, Config>, work: () => Promise<void>): Promise<void> =>
  withAdvisoryLock(db, 'restore', work);
