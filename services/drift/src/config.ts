import { defineConfig } from '@arcadia/platform';

/** This service has no settings of its own. */
export type Config = Record<string, never>;

export const parseConfig = defineConfig({}, (): Config => ({}));
