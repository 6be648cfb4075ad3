import { parseConfig as consoleConfig } from '@arcadia/console';
import { connectionVariables, installerVariables, platformVariables } from '@arcadia/platform';
import type { z } from 'zod';
import { definitions } from '../definitions.ts';

/** An environment variable of a service. */
export type Setting = {
  name: string;
  description: string;
  /** Its value when it is absent; null: none. */
  usual: string | null;
  example: string | null;
  /** Whether it may be given as a file by the variable with `_FILE` at its end. */
  isSecret: boolean;
};

/** The variables that every service reads. */
export const commonSettings: readonly Setting[] = settingsOf({ ...connectionVariables, ...platformVariables });

/** The variables that each service reads beside the common ones, in the order of the services' start. */
export const serviceSettings: readonly { service: string; hasDatabase: boolean; settings: readonly Setting[] }[] =
  definitions.map(({ name, schema, config }) => ({
    service: name,
    hasDatabase: schema !== null,
    settings: settingsOf(config.variables ?? {}),
  }));

/** The variables of the installer, besides those of NATS. */
export const installerSettings: readonly Setting[] = settingsOf(installerVariables);

/** The variables of the web console, which has neither a database nor a NATS user. */
export const consoleSettings: readonly Setting[] = settingsOf(consoleConfig.variables);

export function settingsOf(variables: Readonly<Record<string, z.ZodType>>): Setting[] {
  return Object.entries(variables).map(([name, variable]) => {
    const { description = '', example, isSecret } = variable.meta() ?? {};
    const usual = variable.safeParse(undefined);
    return {
      name,
      description,
      usual: usual.success && usual.data !== undefined ? String(usual.data) : null,
      example: typeof example === 'string' ? example : null,
      isSecret: isSecret === true,
    };
  });
}
