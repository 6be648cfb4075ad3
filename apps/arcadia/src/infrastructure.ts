import { type ServiceName, services } from '@arcadia/contracts';
import { ensureServiceRoles, type NatsUser, startNats, startPostgres } from '@arcadia/local-infrastructure';
import { publicTextOf } from '@arcadia/platform';
import type { Home } from './home.ts';
import { natsLogins } from './nats-logins.ts';
import type { Progress } from './progress.ts';

/** The Postgres and NATS servers of a stack. */
export type Infrastructure = {
  readonly nats: { readonly url: string };
  /** The database URL of each service, with its own role and schema. */
  readonly databaseUrls: ReadonlyMap<ServiceName, string>;
  stop(): Promise<void>;
};

/** Starts the infrastructure for one home; scenarios use other servers than the embedded ones. */
export type StartInfrastructure = (home: Home, progress: Progress) => Promise<Infrastructure>;

const databaseName = 'arcadia';

/** The services with a database schema. */
export const servicesWithDatabase = (Object.keys(services) as ServiceName[]).filter(
  (name) => services[name].schema !== null,
);

/** Starts Postgres and nats-server on this machine, with their data in the home. */
export const startLocalInfrastructure: StartInfrastructure = async (home, progress) => {
  const [startingPostgres, startingNats] = await Promise.allSettled([
    startPostgres({ dataDir: home.at('postgres') }),
    startNats({ storeDir: home.at('nats'), users: natsUsersOf(home), onProgress: (line) => progress.now(line) }),
  ]);
  const stop = async (): Promise<void> => {
    if (startingNats.status === 'fulfilled') await startingNats.value.stop();
    if (startingPostgres.status === 'fulfilled') await startingPostgres.value.stop();
  };
  try {
    if (startingPostgres.status === 'rejected') throw startingPostgres.reason;
    if (startingNats.status === 'rejected') throw startingNats.reason;
    const [postgres, nats] = [startingPostgres.value, startingNats.value];
    const urls = await ensureServiceRoles(
      postgres.url,
      servicesWithDatabase.map((name) => {
        const schema = String(services[name].schema);
        return { role: schema, schema, password: passwordOf(home, name) };
      }),
      databaseName,
    );
    progress.stage(`Postgres and nats-server are running (ports ${postgres.port}, ${nats.port})`);
    return { nats, databaseUrls: new Map(servicesWithDatabase.map((name, index) => [name, urls[index] ?? ''])), stop };
  } catch (error) {
    await stop().catch(() => {});
    throw error;
  }
};

export const passwordOf = (home: Home, user: string): string => {
  const password = home.state.secrets.services[user] ?? (user === 'operator' ? home.state.secrets.operator : undefined);
  if (password === undefined)
    throw new Error(`${home.folder} holds no password for ${user}; delete the kept data with --fresh.`);
  return password;
};

/** The NATS users of a stack. */
export const natsUsersOf = (home: Home): NatsUser[] => natsLogins((user) => passwordOf(home, user));

/** The variables with which a service, or the operator, signs and verifies requests. */
export const actorVariables = (
  { signing }: Home['state']['secrets'],
  name: string,
): { ACTOR_SIGNING_KEY: string | undefined; ACTOR_KEYS: string } => ({
  ACTOR_SIGNING_KEY: signing[name],
  ACTOR_KEYS: Object.entries(signing)
    .map(([signer, key]) => `${signer}:${publicTextOf(key)}`)
    .join(','),
});
