import { freePort, natsUsers } from '@arcadia/local-infrastructure';
import { PostgreSqlContainer } from '@testcontainers/postgresql';
import { GenericContainer, Wait } from 'testcontainers';
import type { Infra } from './test-servers.ts';

/** The servers as containers. Host ports are fixed, so that a restarted server has the same URL. */
export const containers: Infra = {
  kind: 'containers',
  async postgres() {
    const port = await freePort();
    const fast = ['fsync=off', 'full_page_writes=off', 'max_connections=200'];
    const container = await new PostgreSqlContainer('postgres:18')
      .withExposedPorts({ container: 5432, host: port })
      .withCommand(['postgres', ...fast.flatMap((setting) => ['-c', setting])])
      .start();
    return {
      url: container.getConnectionUri(),
      stop: async () => void (await container.stop()),
      restart: () => container.restart({ timeout: 0 }),
    };
  },
  async nats({ users, durable = false } = {}) {
    const port = await freePort();
    const config = `port: 4222
http: 8222
max_payload: 1MB
jetstream { store_dir: "/data", sync_interval: ${durable ? 'always' : '2m'} }
${users ? natsUsers(users) : ''}`;
    const container = await new GenericContainer('nats:2.15-alpine')
      .withExposedPorts({ container: 4222, host: port }, 8222)
      .withCopyContentToContainer([{ content: config, target: '/etc/nats/test.conf' }])
      .withCommand(['--config', '/etc/nats/test.conf'])
      .withWaitStrategy(Wait.forHttp('/healthz', 8222))
      .start();
    return {
      url: `nats://127.0.0.1:${port}`,
      stop: async () => void (await container.stop()),
      kill: async () => void (await container.stop({ timeout: 0, remove: false })),
      start: () => container.restart(),
    };
  },
};
