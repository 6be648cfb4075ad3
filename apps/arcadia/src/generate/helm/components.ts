import { type ServiceName, services } from '@arcadia/contracts';
import { installerVariables, platformVariables } from '@arcadia/platform';
import { definitions } from '../../definitions.ts';
import { passwordVariable, signingVariable } from '../secret-variables.ts';
import { consoleSettings, type Setting, serviceSettings, settingsOf } from '../settings.ts';

/** Where the containers of a component may connect to, besides NATS and the name service. */
type Reach = 'postgres' | 'provider' | 'finance' | 'issuer' | 'internet' | 'mail' | 'collector' | 'gateway';

/** One deployment of the chart. */
export type Component = {
  name: string;
  /** The database role of the service; null for none. */
  role: string | null;
  hasNats: boolean;
  port: number;
  /** The port at which others reach it; null: none. */
  serves: number | null;
  /** Secrets that it cannot start without, by its variable: the key in the Secret. They are files. */
  secrets: Readonly<Record<string, string>>;
  /** Variables that `settings` may give. */
  settings: readonly Setting[];
  /** Secrets that may be in the Secret; `optionalSecrets` names those that are. */
  optionalSecrets: readonly string[];
  reaches: readonly Reach[];
  /** Whether more work wants more replicas: it consumes events or runs jobs. */
  isScaled: boolean;
  replicas: number;
};

/** Variables that the chart sets itself. */
const own = new Set(['HEALTH_PORT', 'GATEWAY_HOST', 'GATEWAY_PORT', 'CONSOLE_HOST', 'CONSOLE_PORT', 'GATEWAY_URL']);
/** A secret may be given as a file: by its mark, or by a variable of its own, as a provider token. */
const isSecretOf = (settings: readonly Setting[], { name, isSecret }: Setting): boolean =>
  isSecret || has(settings, `${name}_FILE`);
const free = (settings: readonly Setting[]): Setting[] =>
  settings.filter(
    (setting) => !own.has(setting.name) && !isSecretOf(settings, setting) && !setting.name.endsWith('_FILE'),
  );
const secret = (settings: readonly Setting[], except: readonly string[]): string[] =>
  settings.filter((setting) => isSecretOf(settings, setting) && !except.includes(setting.name)).map(({ name }) => name);

const platform = settingsOf(platformVariables);
const has = (settings: readonly Setting[], name: string): boolean => settings.some((setting) => setting.name === name);

function reachesOf(settings: readonly Setting[]): Reach[] {
  const reaches: [Reach, boolean][] = [
    ['postgres', true],
    ['provider', has(settings, 'DIGITALOCEAN_API_URL')],
    ['finance', has(settings, 'FINANCE_URL')],
    ['issuer', has(settings, 'JWT_JWKS_URL')],
    ['internet', has(settings, 'WEBHOOK_TIMEOUT_MS')],
    ['mail', has(settings, 'SMTP_URL')],
    ['collector', true],
  ];
  return reaches.flatMap(([reach, is]) => (is ? [reach] : []));
}

const serviceComponents = serviceSettings.map(({ service, settings }): Component => {
  const all = [...settings, ...platform];
  const definition = definitions.find(({ name }) => name === service);
  const required = service === 'notifications' ? { NOTIFICATIONS_KEY: 'NOTIFICATIONS_KEY' } : {};
  return {
    name: service,
    role: services[service as ServiceName].schema,
    hasNats: true,
    port: 8080,
    serves: service === 'gateway' ? 4005 : null,
    secrets: {
      NATS_PASSWORD: passwordVariable(service),
      DATABASE_PASSWORD: passwordVariable(service),
      ACTOR_SIGNING_KEY: signingVariable(service),
      ...required,
    },
    settings: free(all),
    optionalSecrets: secret(all, Object.keys(required)),
    reaches: reachesOf(all),
    isScaled: service !== 'gateway' && ((definition?.consumes.length ?? 0) > 0 || (definition?.jobs.length ?? 0) > 0),
    replicas: 2,
  };
});

/** Every deployment of the chart, in the order of their start. */
export const components: readonly Component[] = [
  {
    ...{ name: 'installer', role: null, hasNats: true, port: 8080, serves: null },
    secrets: { NATS_PASSWORD: passwordVariable('installer') },
    settings: free(settingsOf(installerVariables)).filter(({ name }) => name !== 'NATS_REPLICAS'),
    ...{ optionalSecrets: [], reaches: [], isScaled: false, replicas: 1 },
  },
  ...serviceComponents,
  {
    ...{ name: 'console', role: null, hasNats: false, port: 4006, serves: 4006 },
    secrets: { CONSOLE_SECRET: 'CONSOLE_SECRET' },
    settings: free([...consoleSettings, ...platform.filter(({ name }) => name === 'LOG_LEVEL')]),
    optionalSecrets: secret(consoleSettings, ['CONSOLE_SECRET']),
    ...{ reaches: ['gateway', 'issuer'], isScaled: false, replicas: 2 },
  },
];
