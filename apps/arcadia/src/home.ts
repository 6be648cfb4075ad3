import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ServiceName, services } from '@arcadia/contracts';
import { z } from 'zod';

/** What is kept between starts: one folder for each world or account. ARCADIA_HOME puts it elsewhere. */
export const homesFolder = path.resolve(
  process.env.ARCADIA_HOME || path.join(path.dirname(fileURLToPath(import.meta.url)), '../../../.arcadia'),
);

const secrets = z.object({
  jwt: z.string(),
  finance: z.string(),
  operator: z.string(),
  services: z.record(z.string(), z.string()),
});

const state = z.object({
  secrets,
  /** Where a played world stands: so many steps are done, and the clock shows this; if it runs, since when by the wall. */
  played: z
    .object({
      steps: z.int(),
      at: z.string(),
      isFinished: z.boolean(),
      runningSince: z.string().nullable().default(null),
    })
    .nullable(),
  /** The process that has it open, and where its NATS is; null when nobody has. */
  running: z.object({ pid: z.int(), nats: z.string().nullable() }).nullable().default(null),
});

export type HomeState = z.infer<typeof state>;

/** Everything one world or one account keeps between starts, in a folder of its own. */
export type Home = {
  readonly folder: string;
  readonly state: HomeState;
  /** A path inside the folder. */
  at(...names: string[]): string;
  save(played: HomeState['played']): void;
  /** For other commands on this machine: where the running stack is found. */
  noteNats(url: string): void;
  /** Nobody has it open any more. */
  close(): void;
};

/** Opens (or makes) a home for this process alone. `fresh` forgets what it held. */
export const openHome = (folder: string, options: { fresh: boolean }): Home => {
  const file = path.join(folder, 'state.json');
  mustNotRun(file);
  if (options.fresh) rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const current: HomeState = { ...readState(file), running: { pid: process.pid, nats: null } };
  const write = (): void => {
    writeFileSync(`${file}.new`, `${JSON.stringify(current, null, 2)}\n`, { mode: 0o600 });
    renameSync(`${file}.new`, file);
  };
  write();
  return {
    folder,
    state: current,
    at: (...names) => path.join(folder, ...names),
    save: (played) => {
      current.played = played;
      write();
    },
    noteNats: (url) => {
      current.running = { pid: process.pid, nats: url };
      write();
    },
    close: () => {
      current.running = null;
      write();
    },
  };
};

/** The running clock is noted every few seconds; what a crash can have lost of it is no more than this. */
const mostUnnoted = { minutes: 1 };

/**
 * What the clock of a played world shows when it is brought up again. After a crash it must not go back behind anything that has
 * happened: to a provider whose clock did, what was made meanwhile would not exist yet.
 */
export const clockAfter = ({ at, runningSince }: NonNullable<HomeState['played']>): Temporal.Instant => {
  const noted = Temporal.Instant.from(at);
  if (runningSince === null) return noted;
  const unnoted = Temporal.Instant.from(runningSince).until(Temporal.Now.instant());
  const most = Temporal.Duration.from(mostUnnoted);
  return noted.add(Temporal.Duration.compare(unnoted, most) > 0 ? most : unnoted);
};

/** The homes below a folder that a living process has open, with what is needed to reach their NATS. */
export const runningHomes = (homes: string): { folder: string; nats: string; password: string }[] =>
  readdirSync(homes, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(homes, entry.name, 'state.json');
    if (!entry.isDirectory() || !existsSync(file)) return [];
    const { running, secrets: known } = readState(file);
    if (running === null || running.nats === null || !isAlive(running.pid)) return [];
    return [{ folder: path.join(homes, entry.name), nats: running.nats, password: known.operator }];
  });

const mustNotRun = (file: string): void => {
  if (!existsSync(file)) return;
  const { running } = readState(file);
  if (running === null || running.pid === process.pid || !isAlive(running.pid)) return;
  throw new Error(`Process ${running.pid} is running ${path.dirname(file)}; stop it first.`);
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

const readState = (file: string): HomeState => {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return { secrets: newSecrets(), played: null, running: null };
  }
  const parsed = state.safeParse(JSON.parse(text));
  if (!parsed.success) throw new Error(`${file} is not readable by this version; start over with --fresh.`);
  return parsed.data;
};

const newSecrets = (): HomeState['secrets'] => {
  const secret = (): string => randomBytes(24).toString('hex');
  const names = Object.keys(services) as ServiceName[];
  return {
    jwt: secret(),
    finance: secret(),
    operator: secret(),
    services: Object.fromEntries(names.map((name) => [name, secret()])),
  };
};
