import { spawnSync } from 'node:child_process';

/** The version that is downloaded when no suitable one is found. */
export const preferredNatsVersion = '2.15.1';
/** The client refuses features that consumers need with older servers. */
const minimum = '2.10.0';
/** The first version with atomic batches, without which durable publishing is ten times slower. */
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

/** Compares two versions for sorting: negative, zero or positive. */
export function compareVersions(left: string, right: string): number {
  const [a, b] = [left, right].map((version) => version.split('.').map(Number));
  for (let i = 0; i < 3; i++) {
    const difference = (a?.[i] ?? 0) - (b?.[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
