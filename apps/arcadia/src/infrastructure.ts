import { busRights, type ServiceName, services } from '@arcadia/contracts';
import { ensureServiceRoles, type NatsUser, startNats, startPostgres } from '@arcadia/local-infrastructure';
import type { Home } from './home.ts';
import type { Progress } from './progress.ts';

/** Where the services of a stack keep what they know and meet. */
export type Infrastructure = {
  readonly nats: { readonly url: string };
  /** Address of each service's own part of the database, for its own role. */
  readonly databaseUrls: ReadonlyMap<ServiceName, string>;
  stop(): Promise<void>;
};

/** Starts it for one home; scenarios bring another than the embedded one. */
export type StartInfrastructure = (home: Home, progress: Progress) => Promise<Infrastructure>;

const databaseName = 'arcadia';

/** The services that keep something. */
export const servicesWithDatabase = (Object.keys(services) as ServiceName[]).filter(
  (name) => services[name].schema !== null,
);

/** Postgres and nats-server on this machine, with their data in the home. */
export const startLocalInfrastructure: StartInfrastructure = async (home, progress) => {
  const [startingPostgres, startingNats] = await Promise.allSettled([
    startPostgres({ dataDir: home.at('postgres') }),
    startNats({ storeDir: home.at('nats'), users: natsUsersOf(home), say: (line) => progress.now(line) }),
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
    progress.stage(`Postgres and nats-server are up (ports ${postgres.port}, ${nats.port})`);
    return { nats, databaseUrls: new Map(servicesWithDatabase.map((name, index) => [name, urls[index] ?? ''])), stop };
  } catch (error) {
    await stop().catch(() => {});
    throw error;
  }
};

export const passwordOf = (home: Home, service: string): string => {
  const password = home.state.secrets.services[service];
  if (password === undefined) throw new Error(`${home.folder} knows no service ${service}; start over with --fresh.`);
  return password;
};

/** Each service may publish its own subjects; `operator` may publish anything, for the player and for people with the nats tool. */
export const natsUsersOf = (home: Home): NatsUser[] => [
  ...(Object.keys(services) as ServiceName[]).map((name) => ({
    name,
    password: passwordOf(home, name),
    ...busRights(name),
  })),
  { name: 'operator', password: home.state.secrets.operator, publish: ['>'] },
];
