import type { gateway } from '@arcadia/contracts';
import type { Received } from '@arcadia/platform';
import type { Tx } from '../context.ts';
import { chained } from '../domain/audit-chain.ts';
import { appendLinks, knownEvents, lockHead } from '../store/audit.ts';

/** Appends audited commands to the log. One that is published again is in the log already and changes nothing. */
export async function consumeCommands(batch: Received<typeof gateway.commandAudited>[], tx: Tx): Promise<void> {
  const head = await lockHead(tx.sql);
  const unique = new Map(batch.map((event) => [event.id, event]));
  const known = await knownEvents(tx.sql, [...unique.keys()]);
  const fresh = [...unique.values()].filter(({ id }) => !known.has(id));
  await appendLinks(tx.sql, chained(head, fresh));
}
