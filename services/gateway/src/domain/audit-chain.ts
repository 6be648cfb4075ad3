import { hash } from 'node:crypto';
import type { EventData, gateway } from '@arcadia/contracts';

/** An audited command as it was received, with the id of its event. */
export type Audited = { id: string; data: EventData<typeof gateway.commandAudited> };

/** An entry of the audit log: `entry` is the exact text that the hash covers. */
export type Link = {
  position: number;
  eventId: string;
  entry: string;
  previousHash: string;
  hash: string;
  data: Audited['data'];
};

export type Head = { position: number; hash: string };

/** sha256 in hex of the previous hash, a line feed and the text; the first entry follows the empty text. */
export const linkHash = (previousHash: string, entry: string): string =>
  hash('sha256', `${previousHash}\n${entry}`, 'hex');

/** Chains commands to the head of the log, in their order. */
export const chained = (head: Head, commands: readonly Audited[]): Link[] => {
  let previous = head;
  return commands.map(({ id, data }) => {
    const entry = JSON.stringify(data);
    const link = {
      position: previous.position + 1,
      eventId: id,
      entry,
      previousHash: previous.hash,
      hash: linkHash(previous.hash, entry),
      data,
    };
    previous = link;
    return link;
  });
};
