import { startInfra } from './infrastructure.ts';

/** Where the run's one Postgres is told to the workers. */
export const sharedPostgresVariable = 'ARCADIA_TEST_POSTGRES_URL';

let own: Promise<string> | undefined;

/** The superuser's address of the run's one Postgres; outside a test run (benchmarks) one is started for this process. */
export function sharedPostgresUrl(): Promise<string> {
  const given = process.env[sharedPostgresVariable];
  if (given) return Promise.resolve(given);
  own ??= startInfra()
    .then((infra) => infra.postgres())
    .then((postgres) => postgres.url);
  return own;
}
