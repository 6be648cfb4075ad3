import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { dashboard } from './monitoring/dashboard.ts';
import { alertRules, prometheusConfiguration } from './monitoring/prometheus.ts';
import { natsClusterConfiguration, natsConfiguration } from './nats-configuration.ts';

const root = path.resolve(import.meta.dirname, '../../../..');
const read = (file: string) => (): string => readFileSync(path.join(root, file), 'utf8');

/** The files of `deploy/` that a container mounts, as this version has them. */
const contents = {
  postgres: [read('deploy/database-roles.sql')],
  nats: [natsConfiguration],
  'nats of a cluster': [natsClusterConfiguration],
  proxy: [read('deploy/proxy.conf')],
  prometheus: [prometheusConfiguration, alertRules],
  grafana: [dashboard],
} satisfies Record<string, readonly (() => string)[]>;

/**
 * A label with the hash of the files that a container mounts. Compose compares labels and not the contents of files, so that
 * without it a container would go on with the files of the version that it was started with.
 */
export function labelOfFiles(container: keyof typeof contents): string {
  const hash = createHash('sha256');
  for (const text of contents[container]) hash.update(text());
  return `labels: { arcadia.files: "${hash.digest('hex').slice(0, 16)}" }`;
}
