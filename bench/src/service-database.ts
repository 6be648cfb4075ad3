import { ensureServiceRoles } from '@arcadia/local-infrastructure';
import pg from 'pg';
import type { BenchStage } from './bench.ts';

const benchDatabase = 'bench';

/** Creates the schema of a service with a role of its own. @returns the URL with which the service logs in */
export async function createServiceDatabase({ postgresUrl }: BenchStage, schema: string): Promise<string> {
  const [url = ''] = await ensureServiceRoles(
    postgresUrl,
    [{ role: schema, schema, password: 'bench' }],
    benchDatabase,
  );
  return url;
}

/** Creates the schema of a service, and opens a connection of the administrator, which is closed at the end of the run. */
export async function openServiceDatabase(stage: BenchStage, schema: string) {
  const url = await createServiceDatabase(stage, schema);
  const admin = await connectAsAdmin(stage.postgresUrl, benchDatabase);
  stage.defer(() => admin.end());
  return { url, admin };
}

/** Connects as the superuser, who can read all tables. */
export async function connectAsAdmin(postgresUrl: string, database: string): Promise<pg.Client> {
  const url = new URL(postgresUrl);
  url.pathname = `/${database}`;
  const client = new pg.Client({ connectionString: url.href, options: '-c TimeZone=UTC' });
  await client.connect();
  return client;
}
