import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { services } from '@arcadia/contracts';
import { z } from 'zod';

/** The folder of all data kept between starts, with one folder for each world or account; ARCADIA_HOME overrides it. */
export const homesFolder = path.resolve(
  process.env.ARCADIA_HOME || path.join(path.dirname(fileURLToPath(import.meta.url)), '../../../.arcadia'),
);

const secrets = z.object({
  jwt: z.string(),
  finance: z.string(),
  operator: z.string(),
  /** The key with which the secrets of webhook endpoints are encrypted. */
  notifications: z.string().default(''),
  services: z.record(z.string(), z.string()),
  /** The keys with which services and the operator sign their requests. */
  signing: z.record(z.string(), z.string()).default({}),
});

const state = z.object({
  secrets,
  /** The progress of a played world: steps done, the time of its clock, and for a running clock the real time since which it runs. */
  played: z
    .object({
      steps: z.int(),
      at: z.string(),
      isFinished: z.boolean(),
      runningSince: z.string().nullable().default(null),
    })
    .nullable(),
  /** The process that has the folder open, the URL of its NATS server, and that of its control while a world runs; null when it is closed. */
  running: z
    .object({ pid: z.int(), nats: z.string().nullable(), control: z.string().nullable().default(null) })
    .nullable()
    .default(null),
});

export type HomeState = z.infer<typeof state>;

/** The folder with everything that one world or account keeps between starts. */
export type Home = {
  readonly folder: string;
  readonly state: HomeState;
  /** The path of a file inside the folder. */
  at(...names: string[]): string;
  /** Stores the progress of the played world. */
  save(played: HomeState['played']): void;
  /** Stores the NATS URL of the running stack, for other commands on this machine. */
  noteNats(url: string): void;
  /** Stores where the running world is controlled. */
  noteControl(url: string): void;
  /** Marks the folder as closed. */
  close(): void;
};

/**
 * Opens or creates a home for this process alone; `fresh` deletes its contents first.
 * @throws when another process has it open, or its state file has an unknown form
 */
export const openHome = (folder: string, options: { fresh: boolean }): Home => {
  const file = path.join(folder, 'state.json');
  assertNotRunning(file);
  if (options.fresh) rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const current: HomeState = { ...readState(file), running: { pid: process.pid, nats: null, control: null } };
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
      current.running = { pid: process.pid, nats: url, control: null };
      write();
    },
    noteControl: (url) => {
      if (current.running !== null) current.running.control = url;
      write();
    },
    close: () => {
      current.running = null;
      write();
    },
  };
};

/** The running clock is stored every few seconds, so a crash loses at most this much of it. */
const largestLoss = { minutes: 1 };

/**
 * The time of a played world's clock when the world is started again. After a crash it must not be earlier than anything that
 * has happened: a resource created meanwhile would not exist yet at a simulated provider with an earlier clock.
 */
export const clockAfter = ({ at, runningSince }: NonNullable<HomeState['played']>): Temporal.Instant => {
  const stored = Temporal.Instant.from(at);
  if (runningSince === null) return stored;
  const elapsed = Temporal.Instant.from(runningSince).until(Temporal.Now.instant());
  const most = Temporal.Duration.from(largestLoss);
  return stored.add(Temporal.Duration.compare(elapsed, most) > 0 ? most : elapsed);
};

/** The homes in a folder that a living process has open, with the URLs and secrets by which other commands reach it. */
export const runningHomes = (
  homes: string,
): { folder: string; nats: string; control: string | null; secrets: HomeState['secrets'] }[] =>
  readdirSync(homes, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(homes, entry.name, 'state.json');
    if (!entry.isDirectory() || !existsSync(file)) return [];
    const { running, secrets: known } = readState(file);
    if (running === null || running.nats === null || !isAlive(running.pid)) return [];
    return [{ folder: path.join(homes, entry.name), nats: running.nats, control: running.control, secrets: known }];
  });

const assertNotRunning = (file: string): void => {
  if (!existsSync(file)) return;
  const { running } = readState(file);
  if (running === null || running.pid === process.pid || !isAlive(running.pid)) return;
  throw new Error(`Process ${running.pid} is already using ${path.dirname(file)}; stop it first.`);
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
  if (!parsed.success)
    throw new Error(`${file} was written by another version and cannot be read; delete the kept data with --fresh.`);
  return withNewSecrets(parsed.data);
};

/** A folder that an earlier version wrote lacks the secrets that were added since. */
const withNewSecrets = (kept: HomeState): HomeState => ({
  ...kept,
  secrets: {
    ...kept.secrets,
    notifications: kept.secrets.notifications || newSecrets().notifications,
    services: { ...newSecrets().services, ...kept.secrets.services },
    signing: { ...newSecrets().signing, ...kept.secrets.signing },
  },
});

const newSecrets = (): HomeState['secrets'] => {
  const secret = (): string => randomBytes(24).toString('hex');
  const names = [...Object.keys(services), 'installer'];
  return {
    jwt: secret(),
    finance: secret(),
    operator: secret(),
    notifications: secret(),
    services: Object.fromEntries(names.map((name) => [name, secret()])),
    signing: Object.fromEntries([...names, 'operator'].map((name) => [name, randomBytes(32).toString('base64url')])),
  };
};
