import { type Clock, systemClock } from '../kernel/clock.ts';
import { databaseUrl, type Env, natsAccess, parseAll } from '../kernel/config.ts';
import type { ServiceDefinition } from '../kernel/definition.ts';
import { parsePlatformConfig } from '../kernel/platform-config.ts';
import { requestSignerOf } from '../kernel/request-keys.ts';

/**
 * All settings of a service.
 * @throws ConfigError that names every variable that is missing or wrong, whichever part of the service reads it
 */
export const parseSettings = <DB, Config>(
  definition: ServiceDefinition<DB, Config>,
  env: Env,
  clock: Clock = systemClock,
) =>
  parseAll({
    config: () => definition.config(env),
    platform: () => parsePlatformConfig(env),
    access: () => natsAccess(definition.name, env),
    signer: () => requestSignerOf(definition.name, env, clock),
    database: () => (definition.schema === null ? null : databaseUrl(definition.name, env)),
  });
