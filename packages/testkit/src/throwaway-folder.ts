import { mkdtempSync, readdirSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const memory = '/dev/shm';
const neededBytes = 4 * 1024 ** 3;
const prefix = 'arcadia-test';

/**
 * A new folder for the data of a throwaway server. It lies in memory where the system has some gigabytes to spare for
 * it: creating and dropping a database is hundreds of files, and most of that is the disk's file system. What was written
 * outlives a server that is killed there as well as on a disk.
 */
export function throwawayFolder(server: string): string {
  return mkdtempSync(path.join(hasMemoryToSpare() ? memory : tmpdir(), `${prefix}-${process.pid}-${server}-`));
}

/** Removes what runs have left behind that were killed. */
export function removeAbandonedFolders(): void {
  for (const place of new Set([memory, tmpdir()])) {
    for (const name of namesIn(place)) {
      const owner = new RegExp(`^${prefix}-(\\d+)-`).exec(name)?.[1];
      if (owner === undefined || isAlive(Number(owner))) continue;
      // Another run may be removing it too, and another user's is not ours to remove.
      try {
        rmSync(path.join(place, name), { recursive: true, force: true });
      } catch {}
    }
  }
}

function hasMemoryToSpare(): boolean {
  try {
    const { bavail, bsize } = statfsSync(memory);
    return Math.min(bavail * bsize, process.availableMemory()) >= neededBytes;
  } catch {
    return false;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === 'EPERM';
  }
}
