import { setTimeout as delay } from 'node:timers/promises';
import { type Kysely, sql } from 'kysely';
import { ConfigError } from '../kernel/config.ts';
import { isInfrastructureError } from '../kernel/infrastructure-errors.ts';
import { errorText, type Logger } from '../kernel/log.ts';

/** Refused password, refused by pg_hba.conf, unknown role, unknown database. */
const refusedLogin = new Set(['28P01', '28000', '3D000']);

/**
 * Waits for a server that is not reachable yet, until `signal` aborts, as the connection to NATS does.
 * @throws ConfigError at once when the server refuses the login or has no such database
 */
export async function awaitPostgres(
  db: Kysely<never>,
  { name, log, signal }: { name: string; log: Logger; signal?: AbortSignal },
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await sql`SELECT 1`.execute(db);
      return;
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      if (refusedLogin.has(code)) {
        throw new ConfigError(`Postgres refuses the login of ${name} (${errorText(error)}); check DATABASE_URL.`, {
          cause: error,
        });
      }
      if (!isInfrastructureError(error)) throw error;
      if (attempt === 1 || attempt % 20 === 0)
        log.warn({ reason: errorText(error) }, 'Postgres is not reachable yet; waiting for it');
      await delay(500, undefined, signal === undefined ? {} : { signal });
    }
  }
}
