import { findNatsServer } from '@arcadia/local-infrastructure';
import { startInfra } from './infrastructure.ts';
import { sharedPostgresVariable } from './shared-postgres.ts';
import { removeAbandonedFolders } from './throwaway-folder.ts';

/** Vitest's global setup: starts one Postgres for the whole run and downloads nats-server once, before any test needs it. */
export default async function setup(): Promise<() => Promise<void>> {
  // Another project of the same run has set it up already.
  if (process.env[sharedPostgresVariable]) return async () => {};
  removeAbandonedFolders();
  const infra = await startInfra();
  if (infra.kind === 'embedded') await findNatsServer((line) => console.error(line));
  const postgres = await infra.postgres();
  process.env[sharedPostgresVariable] = postgres.url;
  return async () => {
    delete process.env[sharedPostgresVariable];
    await postgres.stop();
  };
}
