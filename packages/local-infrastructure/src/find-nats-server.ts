import { existsSync } from 'node:fs';
import path from 'node:path';
import { cachedServers, type Found, placeInCache } from './nats-cache.ts';
import { downloadFromDebian, downloadFromGithub } from './nats-download.ts';
import { hasAtomicBatches, isSupportedNats, natsVersionOf, preferredNatsVersion } from './nats-version.ts';
import { isOutOfOthersReach } from './out-of-others-reach.ts';

let found: Promise<string> | undefined;

/**
 * The path of a supported nats-server: `NATS_SERVER`, then PATH and what earlier starts have downloaded; otherwise it downloads
 * one from Debian's archive or from the project's releases. Nothing is installed on the system. No program is run that another
 * account of this machine could have placed or changed, unless `NATS_SERVER` names it.
 * @param onProgress called with one line before a download begins
 * @throws when there is none and none can be downloaded, or `NATS_SERVER` cannot be used
 */
export function findNatsServer(onProgress: (line: string) => void = () => {}): Promise<string> {
  found ??= search(onProgress).catch((cause: unknown) => {
    found = undefined;
    throw cause;
  });
  return found;
}

async function search(onProgress: (line: string) => void): Promise<string> {
  const named = process.env['NATS_SERVER'];
  if (named) return assertNamed(named);
  const candidates = [...onPath(), ...cachedServers()];
  const good = candidates.find(({ version }) => hasAtomicBatches(version));
  if (good) return good.program;

  onProgress(`Downloading nats-server ${preferredNatsVersion} …`);
  const failures: string[] = [];
  for (const download of [downloadFromDebian, downloadFromGithub]) {
    if (download === downloadFromDebian && !isDebianLike()) continue;
    try {
      return await placeInCache(download);
    } catch (cause) {
      failures.push(firstLine(cause));
    }
  }
  const usable = candidates.find(({ version }) => isSupportedNats(version));
  if (usable) return usable.program;
  throw new Error(
    `There is no nats-server on this machine and it could not be downloaded (${failures.join('; ')}). ` +
      `Put nats-server ${preferredNatsVersion} (2.10 or later) on PATH, or set NATS_SERVER to its path, ` +
      `or allow access to deb.debian.org or github.com and start again.`,
  );
}

function assertNamed(program: string): string {
  const version = natsVersionOf(program);
  if (!version) throw new Error(`NATS_SERVER is ${program}, which cannot be run; set it to a nats-server program.`);
  if (!isSupportedNats(version)) {
    throw new Error(
      `NATS_SERVER is version ${version}; 2.10 or later is needed, ${preferredNatsVersion} is recommended.`,
    );
  }
  return program;
}

function onPath(): Found[] {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter).filter(Boolean);
  return folders.map((folder) => path.join(folder, 'nats-server')).flatMap(probe);
}

function probe(program: string): Found[] {
  if (!isOutOfOthersReach(program)) return [];
  const version = natsVersionOf(program);
  return version ? [{ program, version }] : [];
}

function isDebianLike(): boolean {
  return process.platform === 'linux' && existsSync('/usr/bin/apt-get') && existsSync('/usr/bin/dpkg');
}

function firstLine(cause: unknown): string {
  const stderr = (cause as { stderr?: string }).stderr?.trim();
  const message = cause instanceof Error ? cause.message : String(cause);
  return (stderr || message).split('\n')[0] ?? 'unknown';
}
