import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ServiceName, services } from '@arcadia/contracts';
import { hasAnyToken } from '@arcadia/digitalocean';
import { parseWorld, type World, worldHash } from '@arcadia/digitalocean-simulator';
import { checkKinds } from './check-kinds.ts';
import { showProgress } from './progress.ts';

export type StartOptions = {
  exit: boolean;
  json: boolean;
  fresh: boolean;
  write: boolean;
  world: string;
  services?: string;
  port: string;
  consolePort?: string;
  mailboxPort?: string;
};

/** The port of the web console, unless any port will do. */
const usualConsolePort = '4006';
/** The port of the test mailbox of a world, unless any port will do. */
const usualMailboxPort = '4007';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');

/** The command `arcadia start`: on a real account if the environment holds a token, else on a world. */
export const start = async (options: StartOptions): Promise<void> => {
  const progress = showProgress();
  const port = parsePort(options.port, '--port');
  const consolePort = parsePort(options.consolePort ?? (port === 0 ? '0' : usualConsolePort), '--console-port');
  const mailboxPort = parsePort(options.mailboxPort ?? (port === 0 ? '0' : usualMailboxPort), '--mailbox-port');
  const only = parseServices(options.services);
  const interrupted = new AbortController();
  const interrupt = (): void => {
    if (interrupted.signal.aborted) return;
    process.stderr.write('\nStopping …\n');
    interrupted.abort();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  const common = { ...options, port, consolePort, mailboxPort, only, progress, signal: interrupted.signal };
  try {
    // The services are loaded only after the options are checked, so that a wrong option fails at once.
    if (hasAnyToken(process.env)) {
      const { runAccount } = await import('./account.ts');
      await runAccount(common);
    } else {
      const world = readWorld(options.world);
      const { runWorld } = await import('./run-world.ts');
      await runWorld({ ...common, ...world });
    }
  } finally {
    progress.end();
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
};

const readWorld = (file: string): { world: World; hash: string } => {
  const absolute = path.resolve(process.env.INIT_CWD ?? process.cwd(), file);
  let text: string;
  try {
    text = readFileSync(absolute, 'utf8');
  } catch (error) {
    const atRoot = path.join(root, file);
    try {
      text = readFileSync(atRoot, 'utf8');
    } catch {
      throw new Error(`The world file ${absolute} cannot be read: ${(error as Error).message}`, { cause: error });
    }
  }
  const world = parseWorld(text, file);
  checkKinds(world, file);
  return { world, hash: worldHash(world) };
};

const parsePort = (text: string, option: string): number => {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Error(`${option} must be a number from 0 to 65535, not "${text}".`);
  return port;
};

const parseServices = (text: string | undefined): ServiceName[] | null => {
  if (text === undefined) return null;
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !(name in services));
  if (unknown.length > 0)
    throw new Error(
      `--services: unknown service ${unknown.join(', ')}; the services are ${Object.keys(services).join(', ')}.`,
    );
  return names as ServiceName[];
};
