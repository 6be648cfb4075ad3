import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { findNatsServer } from './find-nats-server.ts';
import { type NatsUser, natsUsers } from './nats-users.ts';
import { logTail, type OwnedProcess, startOwnedProcess } from './owned-process.ts';

export type LocalNats = {
  /** The URL without a login; each service adds its own. */
  readonly url: string;
  readonly port: number;
  /** The server's monitoring pages (`/jsz`, `/connz`), on loopback only. */
  readonly monitorUrl: string;
  stop(): Promise<void>;
  /** Kills the server with SIGKILL, like a crash. */
  kill(): Promise<void>;
};

export type NatsOptions = {
  /** The folder of the streams, the configuration and the log, kept between starts. */
  storeDir: string;
  port?: number;
  monitorPort?: number;
  /** By default no login is needed (tests). */
  users?: readonly NatsUser[];
  /** For tests: faster, but a power cut may lose acknowledged messages. */
  throwaway?: boolean;
  /** Called with a line of text before a download. */
  onProgress?: (line: string) => void;
};

type Ports = { port: number; monitorPort: number };

/**
 * Starts a nats-server with JetStream on 127.0.0.1 and waits until it is ready, at most 60 seconds.
 * @throws when the port is in use, or with the end of the server's log
 */
export async function startNats(options: NatsOptions): Promise<LocalNats> {
  const program = await findNatsServer(options.onProgress);
  const storeDir = path.resolve(options.storeDir);
  const portsDir = path.join(storeDir, 'ports');
  mkdirSync(storeDir, { recursive: true, mode: 0o700 });
  rmSync(portsDir, { recursive: true, force: true });
  mkdirSync(portsDir);
  const configFile = path.join(storeDir, 'nats-server.conf');
  writeFileSync(configFile, configuration({ ...options, storeDir, portsDir }), { mode: 0o600 });
  const logFile = path.join(storeDir, 'nats-server.log');
  const server = await startOwnedProcess({
    name: 'nats-server',
    command: [program, '--config', configFile],
    logFile,
    recordFile: path.join(storeDir, 'nats-server.process.json'),
  });
  const ports = await readyPorts(server, portsDir);
  if (!ports) {
    await server.stop();
    const log = logTail(logFile);
    if (log.includes('address already in use')) {
      throw new Error(
        `Port ${options.port} is in use; stop the process that listens there, or choose another port for NATS.`,
      );
    }
    throw new Error(`nats-server did not start in ${storeDir}. Its log ends:\n${log}`);
  }
  return {
    url: `nats://127.0.0.1:${ports.port}`,
    port: ports.port,
    monitorUrl: `http://127.0.0.1:${ports.monitorPort}`,
    stop: () => server.stop(),
    kill: () => server.kill(),
  };
}

/**
 * A client that is silent for five seconds is asked, and closed when it leaves two questions without an answer: the subscriptions of a
 * host that vanished are gone after 15 seconds. By default they get requests for more than four minutes and answer none.
 */
export const natsPings = 'ping_interval: "5s"\nping_max: 2';

function configuration(options: NatsOptions & { storeDir: string; portsDir: string }): string {
  const syncInterval = options.throwaway ? '2m' : 'always';
  return `host: 127.0.0.1
port: ${options.port ?? -1}
http: "127.0.0.1:${options.monitorPort ?? -1}"
ports_file_dir: ${JSON.stringify(options.portsDir)}
max_payload: 1MB
${natsPings}
jetstream {
  store_dir: ${JSON.stringify(options.storeDir)}
  sync_interval: ${syncInterval}
}
${options.users ? natsUsers(options.users) : ''}`;
}

/** The server binds free ports and writes them into a file once it is ready, so no port can be taken in between. */
async function readyPorts(server: OwnedProcess, portsDir: string): Promise<Ports | undefined> {
  // Restoring a large store takes seconds.
  const deadline = Date.now() + 60_000;
  while (!server.hasEnded() && Date.now() < deadline) {
    const ports = readPorts(portsDir);
    if (ports && (await isHealthy(ports.monitorPort))) return ports;
    await Promise.race([new Promise((resolve) => setTimeout(resolve, 10)), server.ended]);
  }
  return undefined;
}

function readPorts(portsDir: string): Ports | undefined {
  const file = readdirSync(portsDir).find((name) => name.endsWith('.ports'));
  if (!file) return undefined;
  try {
    const { nats, monitoring } = JSON.parse(readFileSync(path.join(portsDir, file), 'utf8'));
    return { port: Number(new URL(nats[0]).port), monitorPort: Number(new URL(monitoring[0]).port) };
  } catch {
    return undefined; // half-written
  }
}

async function isHealthy(monitorPort: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${monitorPort}/healthz`, { signal: AbortSignal.timeout(1_000) });
    return response.ok;
  } catch {
    return false;
  }
}
