import { spawnSync } from 'node:child_process';

/** What we fetch when nothing suitable is here: atomic batches, durable by `sync_interval: always`. */
export const preferredNatsVersion = '2.15.1';
/** Below this, the client refuses features that consumers need. */
const minimum = '2.10.0';
/** From here on the server knows atomic batches, without which durable publishing is ten times slower. */
const atomicBatches = '2.12.0';

/** The version of a nats-server program, or undefined when it cannot be run. */
export function natsVersionOf(program: string): string | undefined {
  const { stdout, status } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  return status === 0 ? /v?(\d+\.\d+\.\d+)/.exec(stdout)?.[1] : undefined;
}

export function isSupportedNats(version: string): boolean {
  return compareVersions(version, minimum) >= 0;
}

export function hasAtomicBatches(version: string): boolean {
  return compareVersions(version, atomicBatches) >= 0;
}

/** Negative, zero or positive, as for a sort. */
export function compareVersions(left: string, right: string): number {
  const [a, b] = [left, right].map((version) => version.split('.').map(Number));
  for (let i = 0; i < 3; i++) {
    const difference = (a?.[i] ?? 0) - (b?.[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
