import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { definitions } from '../../definitions.ts';

const root = path.resolve(import.meta.dirname, '../../../../..');
const cached = path.join(root, 'node_modules/.cache/helm/helm');
const program = existsSync(cached) ? cached : 'helm';
const hasHelm = spawnSync(program, ['version']).status === 0;

/** The values that an installation must give, and every part that may be switched on. */
const given = [
  'image.registry=registry.test/arcadia',
  'image.tag=1.2.3',
  'database.host=db.test',
  'optionalSecrets={DIGITALOCEAN_TOKEN,JWT_SECRET}',
  'autoscaling.enabled=true',
  'monitoring.enabled=true',
  'network.finance={10.1.0.0/16}',
  'network.collector={10.2.0.0/16}',
  'network.provider={10.3.0.0/16}',
  'network.issuer={10.4.0.0/16}',
  'network.mail={10.5.0.0/16}',
  'network.ports.finance=8443',
  'ingress.apiHost=api.test',
  'ingress.consoleHost=console.test',
  'components.metering.settings.LOG_LEVEL=debug',
  'components.notifications.settings.EXPORT_NETWORKS=10.6.0.0/16\\, 10.7.1.0/24',
  'components.notifications.settings.WEBHOOK_DNS=10.8.0.2\\,[fd00::2]:5353',
];

function helm(command: string[], values: readonly string[] = given) {
  const set = values.flatMap((value) => ['--set', value]);
  const { status, stdout, stderr } = spawnSync(program, [...command, ...set], { cwd: root, encoding: 'utf8' });
  return { status, stdout, output: `${stdout}${stderr}` };
}

type Env = { name: string; value?: string; valueFrom?: { secretKeyRef?: { key: string } } };
type Container = { name: string; env: Env[]; image: string; securityContext: object };
type Volume = { secret?: { secretName: string; items?: { key: string; path: string }[] } };
type Pod = { containers: Container[]; securityContext: object; volumes?: Volume[] };
type Manifest = {
  apiVersion: string;
  kind: string;
  metadata: { name: string };
  spec: { template: { spec: Pod }; podSelector: { matchLabels: Record<string, string> }; egress?: Egress[] };
};
type Peer = { ipBlock?: { cidr: string }; podSelector?: { matchLabels: Record<string, string> } };
type Egress = { to: Peer[]; ports?: { port: number }[] };

const rendered = (values: readonly string[] = []): Manifest[] =>
  parseAllDocuments(helm(['template', 'arcadia', 'deploy/helm'], [...given, ...values]).stdout).flatMap(
    (document) => (document.toJS() as Manifest | null) ?? [],
  );

const podsOf = (manifests: readonly Manifest[]) =>
  manifests
    .filter(({ kind }) => ['Deployment', 'StatefulSet', 'Job'].includes(kind))
    .map(({ metadata, spec }) => ({ name: metadata.name.replace('arcadia-', ''), pod: spec.template.spec }));

/** The secrets that an operator makes. */
const secrets = (): Record<string, string> => {
  const text = execFileSync(process.execPath, ['scripts/new-secrets.mjs'], { cwd: root, encoding: 'utf8' });
  return Object.fromEntries(Array.from(text.matchAll(/^(\w+)=(.*)$/gm), ([, name = '', value = '']) => [name, value]));
};

const keysOf = ({ containers, volumes = [] }: Pod): string[] => [
  ...containers.flatMap(({ env }) => env.flatMap(({ valueFrom }) => valueFrom?.secretKeyRef?.key ?? [])),
  ...volumes.flatMap(({ secret }) =>
    secret?.secretName === 'arcadia' ? (secret.items ?? []).map(({ key }) => key) : [],
  ),
];

test.skipIf(!hasHelm)('helm finds no fault in the chart (needs helm)', () => {
  expect(helm(['lint', 'deploy/helm', '--strict'])).toMatchObject({ status: 0 });
});

test.skipIf(!hasHelm)(
  'every object of the chart is one that Kubernetes, KEDA and the Prometheus operator describe (needs helm)',
  async () => {
    const faults: string[] = [];
    const manifests = rendered();
    expect(manifests.length).toBeGreaterThan(45);
    for (const manifest of manifests) {
      const [group = ''] = manifest.apiVersion.split('/');
      const models: Record<string, string> = {
        'keda.sh': '@kubernetes-models/keda',
        'monitoring.coreos.com': '@kubernetes-models/prometheus-operator',
      };
      const kinds = (await import(`${models[group] ?? 'kubernetes-models'}/${manifest.apiVersion}`)) as Record<
        string,
        new (
          of: Manifest,
        ) => { validate(): void }
      >;
      const Kind = kinds[manifest.kind];
      try {
        if (Kind === undefined) throw new Error('unknown kind');
        new Kind(manifest).validate();
      } catch (error) {
        faults.push(`${manifest.kind} ${manifest.metadata.name}: ${(error as Error).message}`);
      }
    }
    expect(faults).toEqual([]);
  },
);

test.skipIf(!hasHelm)('no container may write to its image, gain rights or run as root (needs helm)', () => {
  const pods = podsOf(rendered());
  expect(pods.length).toBeGreaterThan(11);
  for (const { pod } of pods) {
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true });
    for (const { securityContext } of pod.containers)
      expect(securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
  }
});

test.skipIf(!hasHelm)('every pod has a policy for what it reaches and what reaches it (needs helm)', () => {
  const manifests = rendered();
  const covered = manifests
    .filter(({ kind }) => kind === 'NetworkPolicy')
    .map(({ spec }) => spec.podSelector.matchLabels['app.kubernetes.io/name']);
  const names = podsOf(manifests).map(({ name }) => name);
  expect(covered.toSorted()).toEqual(names.toSorted());
});

test.skipIf(!hasHelm)('each pod reaches exactly what its work needs (needs helm)', () => {
  const nameOf = ({ ipBlock, podSelector }: Peer): string =>
    ipBlock?.cidr ?? podSelector?.matchLabels['app.kubernetes.io/name'] ?? '';
  const reached = (spec: Manifest['spec']): string[] =>
    (spec.egress ?? []).flatMap(({ to, ports = [] }) =>
      to.flatMap((peer) => {
        const name = nameOf(peer);
        if (name === '') return [];
        return ports.length === 0 ? [name] : [...new Set(ports.map(({ port }) => `${name}:${port}`))];
      }),
    );
  const policies = rendered().filter(({ kind }) => kind === 'NetworkPolicy');
  const [bus, database, traces] = ['nats:4222', '10.0.0.0/8:5432', '10.2.0.0/16:4318'];
  const [provider, finance, issuer, mail] = [
    '10.3.0.0/16:443',
    '10.1.0.0/16:8443',
    '10.4.0.0/16:443',
    '10.5.0.0/16:587',
  ];
  const [buckets, nameServers] = [
    ['10.6.0.0/16', '10.7.1.0/24'],
    ['10.8.0.2/32:53', 'fd00::2/128:5353'],
  ];
  expect(
    Object.fromEntries(
      policies.map(({ spec }) => [spec.podSelector.matchLabels['app.kubernetes.io/name'], reached(spec)]),
    ),
  ).toEqual({
    'database-roles': [database],
    nats: ['nats:6222'],
    installer: [bus],
    'inventory-sync': [bus, database, provider, traces],
    provisioning: [bus, database, provider, traces],
    metering: [bus, database, traces],
    invoicing: [bus, database, finance, traces],
    'billing-ingest': [bus, database, provider, finance, traces],
    drift: [bus, database, traces],
    notifications: [bus, database, '0.0.0.0/0', '::/0', ...buckets, ...nameServers, mail, traces],
    gateway: [bus, database, issuer, traces],
    console: ['gateway:4005', issuer],
  });
});

test.skipIf(!hasHelm)('the secrets of the chart are among those that an operator makes (needs helm)', () => {
  const made = secrets();
  const optional = ['DIGITALOCEAN_TOKEN'];
  const missing = podsOf(rendered()).flatMap(({ name, pod }) =>
    keysOf(pod)
      .filter((key) => !(key in made) && !optional.includes(key))
      .map((key) => `${name}: ${key}`),
  );
  expect(missing).toEqual([]);
});

test.skipIf(!hasHelm).for([
  ['the address of its Ingress', [], 'http://console.test'],
  ['https where the Ingress has a certificate', ['ingress.tlsSecret=console-tls'], 'https://console.test'],
  [
    'the address that its settings give',
    ['components.console.settings.CONSOLE_URL=https://cloud.test'],
    'https://cloud.test',
  ],
] as const)('people reach the web console at %s (needs helm)', ([, values, address]) => {
  const pods = podsOf(rendered(values));
  const env = pods.find(({ name }) => name === 'console')?.pod.containers[0]?.env ?? [];
  expect(env.filter(({ name }) => name === 'CONSOLE_URL')).toEqual([{ name: 'CONSOLE_URL', value: address }]);
});

test.skipIf(!hasHelm)('every service accepts the settings that the chart gives it (needs helm)', () => {
  const made: Record<string, string> = { ...secrets(), DIGITALOCEAN_TOKEN: 'token' };
  const pods = new Map(podsOf(rendered()).map(({ name, pod }) => [name, pod]));
  for (const { name, config } of definitions) {
    const pod = pods.get(name);
    const files = new Map(
      (pod?.volumes ?? []).flatMap(({ secret }) => (secret?.items ?? []).map((item) => [item.path, item.key] as const)),
    );
    const env = Object.fromEntries(
      (pod?.containers[0]?.env ?? []).map(({ name: variable, value, valueFrom }) => {
        const file = variable.endsWith('_FILE') ? variable.replace(/_FILE$/, '') : null;
        if (file === null) return [variable, value ?? made[valueFrom?.secretKeyRef?.key ?? '']];
        return [file, made[files.get(file) ?? '']];
      }),
    );
    expect([name, faultOf(() => config(env))]).toEqual([name, '']);
  }
});

test.skipIf(!hasHelm).for([
  ['no database', ['database.host=']],
  ['no replica', ['components.metering.replicas=0']],
  ['two installers', ['components.installer.replicas=2']],
  ['a setting that the service does not have', ['components.metering.settings.LOG_LEVLE=debug']],
  ['a secret that no service reads', ['optionalSecrets={JWT_SECRETS}']],
  ['a digest that is none', ['image.digests.metering=sha256:1']],
  ['an address that is none', ['network.finance={finance.internal}']],
  ['a value that the chart does not have', ['replicaCount=3']],
  ['a gateway that can verify no token', ['optionalSecrets={DIGITALOCEAN_TOKEN}']],
  [
    'a gateway that would verify tokens in two ways',
    ['components.gateway.settings.JWT_JWKS_URL=https://issuer.test/keys'],
  ],
] as const)('helm refuses %s (needs helm)', ([, values]) => {
  const { status, output } = helm(['template', 'arcadia', 'deploy/helm'], [...given, ...values]);
  expect(status).not.toBe(0);
  expect(output).toContain("values don't meet the specifications of the schema");
});

function faultOf(run: () => unknown): string {
  try {
    run();
    return '';
  } catch (error) {
    return String(error);
  }
}
