import { readFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import { alertRules } from '../monitoring/prometheus.ts';
import { natsClusterConfiguration } from '../nats-configuration.ts';
import { components } from './components.ts';

/** A value of the chart: what it is for, its usual value and which values are possible. */
type Value = { description: string; usual: unknown; schema: object };

const text = { type: 'string' };
const count = (least: number, most: number) => ({ type: 'integer', minimum: least, maximum: most });
const port = count(1, 65_535);
const addresses = { type: 'array', items: { type: 'string', pattern: '^[0-9a-fA-F.:]+/[0-9]+$' } };
const size = { type: 'string', pattern: '^[0-9]+(m|Mi|Gi)?$' };
const resources = {
  type: 'object',
  additionalProperties: false,
  properties: { requests: { type: 'object' }, limits: { type: 'object' } },
};
const object = (properties: Record<string, object>, required: string[] = []) => ({
  ...{ type: 'object', additionalProperties: false, properties },
  ...(required.length === 0 ? {} : { required }),
});

const values: Readonly<Record<string, Value>> = {
  image: {
    description:
      'Where the images are. The tag is the version; digests (`sha256:…`) by the name of the component take its place.',
    usual: { registry: 'registry.example/arcadia-cloud', tag: '0.1.0', digests: {}, pullSecret: '' },
    schema: object(
      {
        registry: { ...text, minLength: 1 },
        tag: { ...text, minLength: 1 },
        digests: object(
          Object.fromEntries(
            components.map(({ name }) => [name, { type: 'string', pattern: '^sha256:[0-9a-f]{64}$' }]),
          ),
        ),
        pullSecret: text,
      },
      ['registry', 'tag'],
    ),
  },
  secret: {
    description:
      'The Secret with everything that `node scripts/new-secrets.mjs` prints: kubectl create secret generic arcadia --from-env-file=.env',
    usual: 'arcadia',
    schema: { ...text, minLength: 1 },
  },
  optionalSecrets: {
    description: 'Secrets that a service can do without and that this Secret has, such as DIGITALOCEAN_TOKEN.',
    usual: [],
    schema: {
      type: 'array',
      uniqueItems: true,
      items: { enum: [...new Set(components.flatMap(({ optionalSecrets }) => optionalSecrets))].toSorted() },
    },
  },
  database: {
    description:
      'Postgres 18. With `caSecret`, a Secret with `ca.crt`, every connection is encrypted and the certificate of Postgres verified. `parameters` follow the address. The pods reach it at `addresses`.',
    usual: { host: '', port: 5432, name: 'arcadia', caSecret: '', parameters: '', addresses: ['10.0.0.0/8'] },
    schema: object(
      {
        host: { ...text, minLength: 1 },
        port,
        name: { const: 'arcadia' },
        caSecret: text,
        parameters: text,
        addresses: { ...addresses, minItems: 1 },
      },
      ['host', 'port', 'name', 'addresses'],
    ),
  },
  databaseRoles: {
    description:
      'A Job before each installation and upgrade creates the roles of the services, and gives them the passwords of the Secret. It signs in as `user` with POSTGRES_PASSWORD.',
    usual: { enabled: true, user: 'postgres', image: 'postgres:18' },
    schema: object({ enabled: { type: 'boolean' }, user: { ...text, minLength: 1 }, image: { ...text, minLength: 1 } }),
  },
  nats: {
    description:
      'Three NATS servers that hold each stream together. `tlsSecret` has tls.crt, tls.key and ca.crt for the names in docs/operations.md, as cert-manager makes it.',
    usual: { image: 'nats:2.15.1-alpine', tlsSecret: 'arcadia-nats-tls', storage: '20Gi', storageClass: '' },
    schema: object({ image: text, tlsSecret: { ...text, minLength: 1 }, storage: size, storageClass: text }, [
      'tlsSecret',
      'storage',
    ]),
  },
  network: {
    description:
      'NetworkPolicies let each pod reach only what it needs. `provider`, `finance`, `issuer`, `collector` and `mail` are the addresses of the provider’s API, of the finance system, of the identity provider, of the OpenTelemetry collector and of a mail server in a private network; a public one is reached without. The networks of EXPORT_NETWORKS and the name servers of WEBHOOK_DNS follow from the settings of notifications. `ports` are their ports. `monitoring` and `ingress` are the namespaces of Prometheus and of the ingress controller.',
    usual: {
      enabled: true,
      provider: ['0.0.0.0/0'],
      finance: [],
      issuer: ['0.0.0.0/0'],
      collector: [],
      mail: [],
      ports: { provider: 443, finance: 443, issuer: 443, collector: 4318, mail: 587 },
      monitoring: 'monitoring',
      ingress: 'ingress-nginx',
    },
    schema: object({
      enabled: { type: 'boolean' },
      ...{ provider: addresses, finance: addresses, issuer: addresses, collector: addresses, mail: addresses },
      ports: object({ provider: port, finance: port, issuer: port, collector: port, mail: port }),
      ...{ monitoring: text, ingress: text },
    }),
  },
  autoscaling: {
    description:
      'KEDA adds replicas of a service while its job queues or consumers lag. It reads the metrics of Prometheus at `prometheus`.',
    usual: {
      enabled: false,
      prometheus: 'http://prometheus.monitoring:9090',
      runsPerReplica: 50,
      messagesPerReplica: 5000,
    },
    schema: object({
      enabled: { type: 'boolean' },
      prometheus: { type: 'string', pattern: '^https?://' },
      runsPerReplica: count(1, 100_000),
      messagesPerReplica: count(1, 1_000_000),
    }),
  },
  monitoring: {
    description: 'Objects of the Prometheus operator: a PodMonitor, and a PrometheusRule with the alarms.',
    usual: { enabled: false },
    schema: object({ enabled: { type: 'boolean' } }),
  },
  ingress: {
    description: 'The addresses of the API and of the web console; blank: none.',
    usual: { className: '', apiHost: '', consoleHost: '', tlsSecret: '' },
    schema: object({ className: text, apiHost: text, consoleHost: text, tlsSecret: text }),
  },
};

/** A setting may be given as a number, a text or a yes-or-no; the service itself checks the value. */
const settingSchema = (description: string) => ({ description, type: ['string', 'number', 'boolean'] });

const componentSchema = (component: (typeof components)[number]) =>
  object({
    replicas: component.name === 'installer' ? { const: 1 } : count(1, 50),
    ...(component.isScaled ? { maxReplicas: count(1, 50) } : {}),
    resources,
    settings: object(
      Object.fromEntries(component.settings.map(({ name, description }) => [name, settingSchema(description)])),
    ),
  });

const usualComponent = ({ isScaled, replicas }: (typeof components)[number]) => ({
  replicas,
  ...(isScaled ? { maxReplicas: 6 } : {}),
  resources: { requests: { cpu: '100m', memory: '192Mi' }, limits: { memory: '512Mi' } },
  settings: {},
});

/** The gateway verifies tokens in one of two ways; with neither or both it does not start. */
const tokensAreVerified = {
  description:
    'Either optionalSecrets has JWT_SECRET, or the settings of the gateway have JWT_JWKS_URL, so that the gateway can verify tokens.',
  oneOf: [
    { properties: { optionalSecrets: { contains: { const: 'JWT_SECRET' } } } },
    {
      properties: {
        components: { properties: { gateway: { properties: { settings: { required: ['JWT_JWKS_URL'] } } } } },
      },
    },
  ],
};

const comment = (sentence: string): string => `# ${sentence}\n`;

/** deploy/helm/values.yaml */
function valuesFile(): string {
  const parts = Object.entries(values).map(
    ([name, { description, usual }]) => `${comment(description)}${stringify({ [name]: usual }, { lineWidth: 0 })}`,
  );
  const usual = Object.fromEntries(components.map((component) => [component.name, usualComponent(component)]));
  return [
    '# Generated by `npm run generate`. These must be set: database.host, image.registry, image.tag, and how the gateway verifies tokens, which\n# is JWT_SECRET in optionalSecrets or JWT_JWKS_URL in the settings of the gateway.\n',
    ...parts,
    `${comment('`settings` are the variables of docs/configuration.md.')}${stringify({ components: usual }, { lineWidth: 0 })}`,
  ].join('\n');
}

/** deploy/helm/values.schema.json: helm refuses values that are impossible. */
function valuesSchema(): string {
  const schema = {
    $schema: 'https://json-schema.org/draft-07/schema#',
    title: 'Values of Arcadia Cloud',
    ...object(
      {
        ...Object.fromEntries(
          Object.entries(values).map(([name, { description, schema: of }]) => [name, { description, ...of }]),
        ),
        components: object(
          Object.fromEntries(components.map((component) => [component.name, componentSchema(component)])),
        ),
        global: { type: 'object' },
      },
      ['image', 'secret', 'database', 'nats'],
    ),
    allOf: [tokensAreVerified],
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

/** What the templates loop over. */
function componentsFile(): string {
  const listed = components.map((component) => ({ ...component, settings: undefined }));
  return `${JSON.stringify({ components: listed, passwords: passwordsOf() }, null, 2)}\n`;
}

/** The passwords of all NATS users, and those of the database roles. */
function passwordsOf(): { nats: string[]; database: string[] } {
  const of = (secrets: Readonly<Record<string, string>>, variable: string) => secrets[variable] ?? [];
  return {
    nats: [...components.flatMap(({ secrets }) => of(secrets, 'NATS_PASSWORD')), 'OPERATOR_PASSWORD'],
    database: components.flatMap(({ secrets }) => of(secrets, 'DATABASE_PASSWORD')),
  };
}

/** The generated files of the Helm chart, by their path. */
export const helmFiles = (root: string): Record<string, string> => ({
  'deploy/helm/values.yaml': valuesFile(),
  'deploy/helm/values.schema.json': valuesSchema(),
  'deploy/helm/files/components.json': componentsFile(),
  'deploy/helm/files/nats-cluster.conf': natsClusterConfiguration(),
  'deploy/helm/files/rules.yml': alertRules(),
  'deploy/helm/files/database-roles.sql': readFileSync(path.join(root, 'deploy/database-roles.sql'), 'utf8'),
});
