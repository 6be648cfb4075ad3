import path from 'node:path';
import { addMonths, periodOf, type ServiceName } from '@arcadia/contracts';
import type { World } from '@arcadia/digitalocean-simulator';
import { startLocalConsole } from './console.ts';
import { startControl } from './control.ts';
import { type Home, homesFolder, openHome } from './home.ts';
import { ports } from './ports.ts';
import { printReport } from './print.ts';
import type { Progress } from './progress.ts';
import { type Report, readReport } from './report.ts';
import { subscribeReceiver } from './test-receiver.ts';
import { createPlayer, issueTokens, startWorldStack, type WorldStack } from './world-stack.ts';

export type RunWorldOptions = {
  world: World;
  hash: string;
  exit: boolean;
  json: boolean;
  fresh: boolean;
  port: number;
  consolePort: number;
  mailboxPort: number;
  only: readonly ServiceName[] | null;
  progress: Progress;
  signal: AbortSignal;
};

/** How often the running clock is stored, in milliseconds, so that a crash loses little of it. */
const storeEveryMs = 5_000;

/** Starts a world, plays it to its end, prints the result, and keeps running unless `exit` is set. */
export const runWorld = async (options: RunWorldOptions): Promise<void> => {
  const { hash, progress } = options;
  await ports.assertFree(options.port);
  if (!options.exit) {
    await ports.assertFree(options.consolePort, '--console-port');
    await ports.assertFree(options.mailboxPort, '--mailbox-port');
  }
  const home = openHome(path.join(homesFolder, `world-${hash.slice(0, 16)}`), { fresh: options.fresh });
  const running = await startWorldStack({
    ...options,
    home,
    mailboxPort: options.exit ? 0 : options.mailboxPort,
    env: { MAIL_LINK_URL: `http://127.0.0.1:${options.consolePort}` },
  });
  let stopConsole: (() => Promise<void>) | undefined;
  try {
    if (options.only !== null)
      progress.stage(`Only ${options.only.join(', ')} is running, so the world is not played.`);
    else {
      const showConsole = async (): Promise<void> => {
        if (!options.exit) stopConsole = await startConsole(running, home, options);
      };
      if (!(await playAndShow(running, home, { ...options, showConsole })) || options.exit) return;
    }
    await stayUp(running, home, options);
  } finally {
    await stopConsole?.();
    await running.stop();
    if (running.clock.isRunning()) storeClock(home, running, { isRunning: false });
    home.close();
    progress.stage('Stopped.');
  }
};

/** Starts the web console and prints how to sign in; returns how to stop it. */
const startConsole = async (
  { gateway, mailbox }: WorldStack,
  home: Home,
  { world, consolePort, json }: RunWorldOptions,
): Promise<() => Promise<void>> => {
  const tenants = world.platform.tenants.map(({ id }) => id);
  const { stop, links } = await startLocalConsole({ home, gateway, port: consolePort, tenants });
  const shown = `Test mailbox: ${mailbox.url}   the mails to all tenants; the operator’s webhooks at ${mailbox.url}/webhooks\n`;
  (json ? process.stderr : process.stdout).write(`${links}${shown}`);
  return stop;
};

/** The months that a world was played for, in a sentence. */
const playedMonths = ({ name, period, ends_at }: World): string => {
  const last = addMonths(periodOf(Temporal.Instant.from(ends_at)), -1);
  return last > period
    ? `The months ${period} to ${last} of the world ${name} have been played`
    : `${period} of the world ${name} has been played`;
};

/** Plays the world, shows the console and prints the result; false when it was interrupted before the end. */
const playAndShow = async (
  running: WorldStack,
  home: Home,
  options: RunWorldOptions & { showConsole: () => Promise<void> },
): Promise<boolean> => {
  const { world, progress, signal } = options;
  const tokens = await issueTokens(home, world);
  const player = await createPlayer(running, { home, world, token: tokens.operator });
  try {
    if (!options.exit) await subscribeReceiver(player.api, home, running.mailbox);
    if (!(await player.play(progress, signal))) return false;
    progress.stage(playedMonths(world));
    await options.showConsole();
    await show({ api: player.api, world, gateway: running.gateway, tokens }, options);
    return true;
  } finally {
    await player.close();
  }
};

/** Prints the result. The services keep running when it cannot be read, unless it was all that was asked for. */
const show = async (
  source: Parameters<typeof readReport>[0],
  { exit, json, progress }: RunWorldOptions,
): Promise<void> => {
  try {
    print(await readReport(source), json);
  } catch (error) {
    if (exit) throw error;
    progress.stage(
      `The result cannot be shown: ${(error as Error).message}\nThe services are running at ${source.gateway}.`,
    );
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
  const control = await startControl(running, {
    secret: home.state.secrets.operator,
    onAdvanced: () => storeClock(home, running, { isRunning: true }),
  });
  home.noteControl(control.url);
  const timer = setInterval(() => storeClock(home, running, { isRunning: true }), storeEveryMs);
  progress.stage(`Running; the clock continues from ${clock.now().toString().slice(0, 19)}Z. Press Ctrl-C to stop.`);
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
  clearInterval(timer);
  await control.stop();
};

const storeClock = (home: Home, { clock }: WorldStack, { isRunning }: { isRunning: boolean }): void => {
  const { played } = home.state;
  const runningSince = isRunning ? Temporal.Now.instant().toString() : null;
  if (played !== null) home.save({ ...played, at: clock.now().toString(), runningSince });
};
