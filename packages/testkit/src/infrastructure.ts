import { rmSync } from 'node:fs';
import { request } from 'node:http';
import { startNats, startPostgres } from '@arcadia/local-infrastructure';
import type { Infra } from './test-servers.ts';
import { throwawayFolder } from './throwaway-folder.ts';

/**
 * Real servers for tests: containers if a Docker engine answers, embedded servers otherwise. `ARCADIA_TEST_INFRA`
 * (`containers` or `embedded`) overrides the choice.
 */
export async function startInfra(): Promise<Infra> {
  const chosen = process.env['ARCADIA_TEST_INFRA'];
  if (chosen === 'embedded') return embedded;
  if (chosen === 'containers' || (await isDockerAnswering())) {
    const { containers } = await import('./containers.ts');
    return containers;
  }
  return embedded;
}

const embedded: Infra = {
  kind: 'embedded',
  async postgres() {
    const folder = throwawayFolder('postgres');
    let server = await startPostgres({ dataDir: folder, throwaway: true });
    const { url, port } = server;
    return {
      url,
      async stop() {
        await server.stop();
        rmSync(folder, { recursive: true, force: true });
      },
      async restart() {
        await server.kill();
        server = await startPostgres({ dataDir: folder, throwaway: true, port });
      },
    };
  },
  async nats({ users, durable = false } = {}) {
    const folder = throwawayFolder('nats');
    const options = { storeDir: folder, throwaway: !durable, ...(users ? { users } : {}) };
    let server = await startNats(options);
    const { url, port } = server;
    return {
      url,
      async stop() {
        await server.stop();
        rmSync(folder, { recursive: true, force: true });
      },
      kill: () => server.kill(),
      async start() {
        await server.stop();
        server = await startNats({ ...options, port });
      },
    };
  },
};

function isDockerAnswering(): Promise<boolean> {
  const host = process.env['DOCKER_HOST'];
  const socketPath = host?.startsWith('unix://') ? host.slice('unix://'.length) : '/var/run/docker.sock';
  const tcp = host?.startsWith('tcp://') ? new URL(host) : undefined;
  const target = tcp ? { host: tcp.hostname, port: tcp.port } : { socketPath };
  return new Promise((resolve) => {
    const probe = request({ ...target, path: '/_ping', timeout: 500 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    probe.on('timeout', () => probe.destroy());
    probe.on('error', () => resolve(false));
    probe.end();
  });
}
