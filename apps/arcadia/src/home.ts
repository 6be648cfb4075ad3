import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type ServiceName, services } from '@arcadia/contracts';
import { z } from 'zod';

const secrets = z.object({
  jwt: z.string(),
  finance: z.string(),
  operator: z.string(),
  services: z.record(z.string(), z.string()),
});

const state = z.object({
  secrets,
  /** Where a played world stands: so many steps are done, and the clock shows this. */
  played: z.object({ steps: z.int(), at: z.string(), isFinished: z.boolean() }).nullable(),
});

export type HomeState = z.infer<typeof state>;

/** Everything one world or one account keeps between starts, in a folder of its own. */
export type Home = {
  readonly folder: string;
  readonly state: HomeState;
  /** A path inside the folder. */
  at(...names: string[]): string;
  save(played: HomeState['played']): void;
};

/** Opens (or makes) a home. `fresh` forgets what it held. */
export const openHome = (folder: string, options: { fresh: boolean }): Home => {
  if (options.fresh) rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = path.join(folder, 'state.json');
  const current = readState(file);
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
  };
};

const readState = (file: string): HomeState => {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return { secrets: newSecrets(), played: null };
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
