import { randomBytes } from 'node:crypto';
import type { Person } from '../session.ts';

/** Issues a token for a person, as an identity provider would. */
export type IssueToken = (person: Person) => Promise<string>;

/** How long a link may lie unused, in hours. */
const validHours = 12;
/** Links that are waiting at the same time; the oldest are forgotten first. */
const linksAtMost = 1_000;

/** Links that sign a person in once. They exist in this process only and end with it. */
export type OneTimeLinks = {
  /** The path of a new link. */
  create(person: Person): string;
  /** A token for the person of a link, which ends with this; null for a link that is unknown, used or too old. */
  redeem(code: string): Promise<string | null>;
};

export const createOneTimeLinks = (issueToken: IssueToken): OneTimeLinks => {
  const waiting = new Map<string, { person: Person; until: Temporal.Instant }>();
  return {
    create: (person) => {
      if (waiting.size >= linksAtMost) waiting.delete(waiting.keys().next().value ?? '');
      const code = randomBytes(16).toString('base64url');
      waiting.set(code, { person, until: Temporal.Now.instant().add({ hours: validHours }) });
      return `/sign-in/link/${code}`;
    },
    redeem: async (code) => {
      const found = waiting.get(code);
      waiting.delete(code);
      if (found === undefined || Temporal.Instant.compare(found.until, Temporal.Now.instant()) < 0) return null;
      return issueToken(found.person);
    },
  };
};
