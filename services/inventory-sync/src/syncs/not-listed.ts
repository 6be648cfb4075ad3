import { neverListed } from '@arcadia/contracts';
import type { Config } from '../config.ts';

/** What no listing shows, with what a missing setting leaves unknown. */
export const notListed = ({ spaces }: Pick<Config, 'spaces'>): string[] => [
  ...neverListed,
  ...(spaces === null ? ['sizes of Spaces buckets: set SPACES_KEY and SPACES_SECRET'] : []),
];
