import type { Env } from '@arcadia/platform';

/** This service has no settings of its own. */
export type Config = Record<string, never>;

export function parseConfig(_env: Env): Config {
  return {};
}
