import path from 'node:path';
import type { ServiceName } from '@arcadia/contracts';
import type { World } from '@arcadia/digitalocean-simulator';
import { type Home, homesFolder, openHome } from './home.ts';
import { ports } from './ports.ts';
import { printReport } from './print.ts';
import type { Progress } from './progress.ts';
import { type Report, readReport } from './report.ts';
import { createPlayer, issueTokens, startWorldStack, type WorldStack } from './world-stack.ts';

export type RunWorldOptions = {
  world: World;
  hash: string;
  exit: boolean;
  json: boolean;
  fresh: boolean;
  port: number;
  only: readonly ServiceName[] | null;
  progress: Progress;
  signal: AbortSignal;
};

/** How often the running clock is stored, in milliseconds, so that a crash loses little of it. */
const storeEveryMs = 5_000;

/** Starts a world, plays it to its end, prints the result, and keeps running unless `exit` is set. */
export const runWorld = async (options: RunWorldOptions): Promise<void> => {
  const { world, hash, progress } = options;
  await ports.assertFree(options.port);
  const home = openHome(path.join(homesFolder, `world-${hash.slice(0, 16)}`), { fresh: options.fresh });
  const running = await startWorldStack({ ...options, home });
  try {
    if (options.only !== null)
      progress.stage(`Only ${options.only.join(', ')} is running, so the world is not played.`);
    else {
      const report = await playToReport(running, home, options);
      if (report === null) return;
      progress.stage(`${world.period} of the world ${world.name} has been played`);
      print(report, options.json);
      if (options.exit) return;
    }
    await stayUp(running, home, options);
  } finally {
    await running.stop();
    if (running.clock.isRunning()) storeClock(home, running, { isRunning: false });
    home.close();
    progress.stage('Stopped.');
  }
};

/** Plays the world and reads the result; null when it was interrupted before the end. */
const playToReport = async (
  running: WorldStack,
  home: Home,
  { world, progress, signal }: RunWorldOptions,
): Promise<Report | null> => {
  const { gateway } = running;
  const tokens = await issueTokens(home, world);
  const player = await createPlayer(running, { home, world, token: tokens.operator });
  try {
    const isDone = await player.play(progress, signal);
    return isDone ? await readReport({ api: player.api, world, gateway, tokens }) : null;
  } finally {
    await player.close();
  }
};

const print = (report: Report, isJson: boolean): void => {
  process.stdout.write(isJson ? `${JSON.stringify(report, null, 2)}\n` : printReport(report));
};

/** Keeps running until an interrupt: the clock continues from the end of the played time, and scheduled jobs run. */
const stayUp = async (running: WorldStack, home: Home, { progress, signal }: RunWorldOptions): Promise<void> => {
  const { clock, providerClock, stack } = running;
  clock.run();
  providerClock.run();
  storeClock(home, running, { isRunning: true });
  for (const service of stack.services) service.startScheduler();
  const timer = setInterval(() => storeClock(home, running, { isRunning: true }), storeEveryMs);
  progress.stage(`Running; the clock continues from ${clock.now().toString().slice(0, 19)}Z. Press Ctrl-C to stop.`);
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
  clearInterval(timer);
};

const storeClock = (home: Home, { clock }: WorldStack, { isRunning }: { isRunning: boolean }): void => {
  const { played } = home.state;
  const runningSince = isRunning ? Temporal.Now.instant().toString() : null;
  if (played !== null) home.save({ ...played, at: clock.now().toString(), runningSince });
};
