import {
  accessSync,
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { homedir, tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { downloadFromDebian, downloadFromGithub } from './nats-download.ts';
import {
  compareVersions,
  hasAtomicBatches,
  isSupportedNats,
  natsVersionOf,
  preferredNatsVersion,
} from './nats-version.ts';

type Found = { program: string; version: string };

let found: Promise<string> | undefined;

/**
 * The path of a supported nats-server: `NATS_SERVER`, then PATH and the caches; otherwise it downloads one from Debian's archive
 * or from the project's releases. Nothing is installed on the system.
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
  const candidates = [...onPath(), ...cacheFolders().flatMap(inCache)];
  const good = candidates.find(({ version }) => hasAtomicBatches(version));
  if (good) return good.program;

  onProgress(`Downloading nats-server ${preferredNatsVersion} …`);
  const failures: string[] = [];
  for (const download of [downloadFromDebian, downloadFromGithub]) {
    if (download === downloadFromDebian && !isDebianLike()) continue;
    try {
      return await fetchInto(writableCache(), download);
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

function inCache(folder: string): Found[] {
  if (!existsSync(folder)) return [];
  const versions = readdirSync(folder).filter((name) => /^\d+\.\d+\.\d+$/.test(name));
  const isPreferred = (version: string): number => (version === preferredNatsVersion ? 1 : 0);
  versions.sort((a, b) => isPreferred(b) - isPreferred(a) || compareVersions(b, a));
  return versions.map((version) => path.join(folder, version, 'nats-server')).flatMap(probe);
}

function probe(program: string): Found[] {
  if (!existsSync(program)) return [];
  const version = natsVersionOf(program);
  return version ? [{ program, version }] : [];
}

/** The folder in the checkout comes first, so that deleting the checkout deletes everything; then the user's cache. */
function cacheFolders(): string[] {
  const checkout = path.resolve(import.meta.dirname, '../../../.tools/nats-server');
  const userCache = process.env['XDG_CACHE_HOME'] || path.join(homedir() || tmpdir(), '.cache');
  const temporary = path.join(tmpdir(), `arcadia-cloud-${userInfo().uid}`);
  return [checkout, path.join(userCache, 'arcadia-cloud', 'nats-server'), path.join(temporary, 'nats-server')];
}

function writableCache(): string {
  for (const folder of cacheFolders()) {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o755 });
      accessSync(folder, constants.W_OK);
      return folder;
    } catch {
      // The next folder may be writable; the last is in the system's temporary folder.
    }
  }
  throw new Error(`No folder for nats-server is writable: ${cacheFolders().join(', ')}.`);
}

/** Downloads into a temporary folder and moves the program into place in one step, so that simultaneous starts do no harm. */
async function fetchInto(cache: string, download: (folder: string) => Promise<string>): Promise<string> {
  const work = mkdtempSync(path.join(cache, 'fetching-'));
  try {
    const program = await download(work);
    const version = natsVersionOf(program);
    if (!version || !isSupportedNats(version))
      throw new Error(`The downloaded nats-server has version ${version ?? 'unknown'}; 2.10 or later is needed.`);
    const place = path.join(work, version);
    mkdirSync(place);
    copyFileSync(program, path.join(place, 'nats-server'));
    chmodSync(path.join(place, 'nats-server'), 0o755);
    const target = path.join(cache, version);
    try {
      renameSync(place, target);
    } catch (cause) {
      if (!existsSync(path.join(target, 'nats-server'))) throw cause;
    }
    return path.join(target, 'nats-server');
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function isDebianLike(): boolean {
  return process.platform === 'linux' && existsSync('/usr/bin/apt-get') && existsSync('/usr/bin/dpkg');
}

function firstLine(cause: unknown): string {
  const stderr = (cause as { stderr?: string }).stderr?.trim();
  const message = cause instanceof Error ? cause.message : String(cause);
  return (stderr || message).split('\n')[0] ?? 'unknown';
}
