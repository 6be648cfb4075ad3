import { lstatSync, realpathSync, type Stats } from 'node:fs';
import path from 'node:path';

const writableByAll = 0o002;
const writableByGroup = 0o020;
/** In a folder with this bit, such as `/tmp`, others may add names but not replace or delete those of another owner. */
const sticky = 0o1000;

/**
 * Whether no other account of this machine can change a file or folder, or replace it by changing a folder above it. Root, this
 * account and the owner of this program's code are trusted: each of them decides what runs here anyway.
 * @param target an absolute path; false when it does not exist
 */
export function isOutOfOthersReach(target: string): boolean {
  if (process.getuid === undefined) return true;
  if (!path.isAbsolute(target)) return false;
  try {
    // A link is only as safe as the folders in which it lies, and as those to which it leads.
    return [target, realpathSync(target)].every(isChainSafe);
  } catch {
    return false;
  }
}

function isChainSafe(target: string): boolean {
  for (let at = target; ; at = path.dirname(at)) {
    const stats = lstatSync(at);
    if (!trustedOwners().has(stats.uid)) return false;
    const isLink = stats.isSymbolicLink(); // its own mode means nothing
    if (!isLink && isWritableByOthers(stats) && !(at !== target && (stats.mode & sticky) !== 0)) return false;
    if (at === path.dirname(at)) return true;
  }
}

/** A folder of root that a group may write, or one of this account's own groups, was opened by the administrator. */
function isWritableByOthers({ mode, uid, gid }: Stats): boolean {
  if ((mode & writableByAll) !== 0) return true;
  if ((mode & writableByGroup) === 0) return false;
  return uid !== 0 && gid !== process.getgid?.() && process.getgroups?.().includes(gid) !== true;
}

const trustedOwners = (): ReadonlySet<number | undefined> =>
  new Set([0, process.getuid?.(), lstatSync(import.meta.filename).uid]);
