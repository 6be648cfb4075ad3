// Keeps the databases of a played world as fixtures of the present commit: every later schema is tested with their rows.
//   node packages/testkit/src/freeze-databases.ts .arcadia/world-…/postgres 2026-11-29-b7a38e6
import { fileURLToPath } from 'node:url';
import { services } from '@arcadia/contracts';
import { addressOf, startPostgres } from '@arcadia/local-infrastructure';
import pg from 'pg';
import { exportDatabase, writeOlderDatabase } from './older-database.ts';

const [dataDir, name] = process.argv.slice(2);
if (dataDir === undefined || name === undefined) {
  throw new Error('Give the data folder of a stopped Postgres, and a name of the form DATE-COMMIT.');
}
const postgres = await startPostgres({ dataDir });
const admin = new pg.Client({ connectionString: addressOf(postgres.url, { database: 'arcadia' }) });
try {
  await admin.connect();
  for (const [service, { schema }] of Object.entries(services)) {
    if (schema === null) continue;
    const older = await exportDatabase(admin, schema, name.slice(name.lastIndexOf('-') + 1));
    const file = `../../../services/${service}/test/older-databases/${name}.json.gz`;
    writeOlderDatabase(fileURLToPath(new URL(file, import.meta.url)), older);
    console.log(`${service}: ${older.tables.reduce((sum, { rows }) => sum + rows.length, 0)} rows`);
  }
} finally {
  await admin.end();
  await postgres.stop();
}
