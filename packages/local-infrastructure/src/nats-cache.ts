import { createHash } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { compareVersions, isSupportedNats, natsVersionOf, preferredNatsVersion } from './nats-version.ts';
import { isOutOfOthersReach } from './out-of-others-reach.ts';

/** A nats-server program of this machine. */
export type Found = { program: string; version: string };

const nameOf = { program: 'nats-server', sum: 'nats-server.sha256' };

/**
 * The programs that earlier downloads have placed in our folders, the preferred version first. Nothing is run to find them. A
 * program is left out when another account could have placed or changed it, or when it has not the SHA-256 sum that was written
 * beside it at its download.
 */
export function cachedServers(): Found[] {
  return cacheFolders().flatMap((folder) => {
    if (!isOutOfOthersReach(folder)) return [];
    const versions = readdirSync(folder).filter((name) => /^\d+\.\d+\.\d+$/.test(name));
    const isPreferred = (version: string): number => (version === preferredNatsVersion ? 1 : 0);
    versions.sort((a, b) => isPreferred(b) - isPreferred(a) || compareVersions(b, a));
    return versions
      .filter((version) => isAsPlaced(path.join(folder, version)))
      .map((version) => ({ program: path.join(folder, version, nameOf.program), version }));
  });
}

/** Whether a folder holds a program with the sum that was recorded when it was placed there, both safe from other accounts. */
function isAsPlaced(folder: string): boolean {
  const [program, sum] = [path.join(folder, nameOf.program), path.join(folder, nameOf.sum)];
  if (!isOutOfOthersReach(program) || !isOutOfOthersReach(sum)) return false;
  return readFileSync(sum, 'utf8').trim() === sha256(program);
}

/**
 * Downloads into a new folder beside the others and moves the program into place in one step, with its sum, so that simultaneous
 * starts do no harm.
 * @param download unpacks the program below the folder it is given, and returns its path
 * @throws when no folder can be used, or what `download` throws
 */
export async function placeInCache(download: (folder: string) => Promise<string>): Promise<string> {
  const cache = usableFolder();
  const work = mkdtempSync(path.join(cache, 'fetching-'));
  try {
    const program = await download(work);
    const version = natsVersionOf(program);
    if (!version || !isSupportedNats(version))
      throw new Error(`The downloaded nats-server has version ${version ?? 'unknown'}; 2.10 or later is needed.`);
    const place = path.join(work, version);
    mkdirSync(place, { mode: 0o700 });
    copyFileSync(program, path.join(place, nameOf.program));
    chmodSync(path.join(place, nameOf.program), 0o700);
    writeFileSync(path.join(place, nameOf.sum), `${sha256(program)}\n`, { mode: 0o600 });
    moveInto(path.join(cache, version), place, work);
    return path.join(cache, version, nameOf.program);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function moveInto(target: string, place: string, work: string): void {
  if (existsSync(target)) {
    if (isAsPlaced(target)) return; // another start was faster
    renameSync(target, path.join(work, 'replaced'));
  }
  try {
    renameSync(place, target);
  } catch (cause) {
    if (!isAsPlaced(target)) throw cause;
  }
}

/**
 * The folder in the checkout comes first, so that deleting the checkout deletes everything; then the user's cache; then, for a
 * machine on which neither can be written, one in the temporary folder.
 */
function cacheFolders(): string[] {
  const checkout = path.resolve(import.meta.dirname, '../../../.tools/nats-server');
  const userCache = process.env['XDG_CACHE_HOME'] || path.join(homedir(), '.cache');
  const temporary = path.join(tmpdir(), `arcadia-cloud-${process.getuid?.() ?? 'user'}`);
  const folders = [checkout, path.join(userCache, 'arcadia-cloud', 'nats-server'), path.join(temporary, 'nats-server')];
  return folders.filter((folder) => path.isAbsolute(folder));
}

function usableFolder(): string {
  for (const folder of cacheFolders()) {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      accessSync(folder, constants.W_OK);
    } catch {
      continue; // the next folder may be writable
    }
    if (isOutOfOthersReach(folder)) return folder;
  }
  throw new Error(
    `No folder for nats-server is writable for this account and safe from others: ${cacheFolders().join(', ')}. ` +
      `Set NATS_SERVER to a nats-server ${preferredNatsVersion}, or XDG_CACHE_HOME to a folder of your own.`,
  );
}

const sha256 = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');
