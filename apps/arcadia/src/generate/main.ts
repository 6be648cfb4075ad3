// Writes the files that are derived from the code: docker-compose.yml, those in deploy/, docs/alarms.md, docs/configuration.md, docs/events.md, docs/tables.md,
// docs/asyncapi.json, docs/openapi.json, docs/permissions.md, docs/problems.md, docs/world.schema.json, and the types and routes of packages/client.
// With --check it writes nothing and fails if a file is out of date.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { permissionsPage, problemsPage } from '@arcadia/gateway';
import { asyncApiDocument } from './asyncapi.ts';
import { clientRoutes, clientTypes } from './client.ts';
import { composeFile } from './compose.ts';
import { composeCluster } from './compose-cluster.ts';
import { configurationPage } from './configuration-page.ts';
import { eventsPage } from './events-page.ts';
import { helmFiles } from './helm/chart.ts';
import { dashboard } from './monitoring/dashboard.ts';
import { alarmsPage, alertRules, prometheusConfiguration } from './monitoring/prometheus.ts';
import { natsClusterConfiguration, natsConfiguration } from './nats-configuration.ts';
import { openApiText } from './openapi.ts';
import { tablesPage } from './tables-page.ts';
import { worldSchemaText } from './world-schema.ts';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../../..');
const isCheck = process.argv.includes('--check');

const files: Record<string, string> = {
  ...helmFiles(root),
  'compose.cluster.yml': composeCluster(),
  'docker-compose.yml': composeFile(),
  'deploy/nats-cluster.conf': natsClusterConfiguration(),
  'deploy/nats-server.conf': natsConfiguration(),
  'deploy/grafana/arcadia.json': dashboard(),
  'deploy/prometheus/prometheus.yml': prometheusConfiguration(),
  'deploy/prometheus/rules.yml': alertRules(),
  'docs/alarms.md': alarmsPage(),
  'docs/configuration.md': configurationPage(),
  'docs/events.md': eventsPage(),
  'docs/asyncapi.json': `${JSON.stringify(asyncApiDocument(), null, 2)}\n`,
  'docs/openapi.json': openApiText(),
  'docs/permissions.md': permissionsPage(),
  'docs/problems.md': problemsPage(),
  'docs/tables.md': tablesPage(root),
  'docs/world.schema.json': worldSchemaText(),
  'packages/client/src/generated/operations.ts': clientTypes(),
  'packages/client/src/generated/routes.ts': clientRoutes(),
};

const stale = Object.entries(files).filter(([name, text]) => {
  const file = path.join(root, name);
  const isSame = existsSync(file) && readFileSync(file, 'utf8') === text;
  if (!isSame && !isCheck) writeFileSync(file, text);
  return !isSame;
});

const names = stale.map(([name]) => name).join(', ');
if (stale.length === 0) process.stderr.write('The generated documents are up to date.\n');
else if (!isCheck) process.stderr.write(`Written: ${names}\n`);
else {
  process.stderr.write(`Out of date: ${names}. Run npm run generate and commit the files.\n`);
  process.exitCode = 1;
}
