import { startInfra } from './infrastructure.ts';

/** The environment variable that gives the workers the URL of the run's Postgres. */
export const sharedPostgresVariable = 'ARCADIA_TEST_POSTGRES_URL';

let own: Promise<string> | undefined;

/** The superuser's URL of the run's Postgres; outside a test run (benchmarks) a Postgres is started for this process. */
export function sharedPostgresUrl(): Promise<string> {
  const given = process.env[sharedPostgresVariable];
  if (given) return Promise.resolve(given);
  own ??= startInfra()
    .then((infra) => infra.postgres())
    .then((postgres) => postgres.url);
  return own;
}
