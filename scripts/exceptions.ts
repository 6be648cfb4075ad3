// What the tidy tests still tolerate, in scripts/exceptions.json. An entry may only shrink: `npm run generate` lowers it to
// what is true now and takes it off when nothing is left, also after a conflict in the file; a test fails where something has grown or is new.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export type Exceptions = {
  /** Files of more than 300 lines, with their length. */
  longFiles: Record<string, number>;
  /** Words of the old vocabulary that are still in the sources, by folder. */
  oldWords: Record<string, number>;
};

const root = path.resolve(import.meta.dirname, '..');
const file = path.join(root, 'scripts/exceptions.json');
const longestFile = 300;
const folders = ['packages', 'services', 'apps', 'scenarios', 'bench', 'scripts'];

/** docs/style.md gives the word that stands for each. Names are taken apart: `sayAgain` holds one. */
const oldWords =
  /\b(says?|said|tells?|told|hears?|heard|whoever|nobody(?:['’]?s)?|bury|buries|buried|bequeath\w*|heirs?|voice)\b|(?:^|[.:(] |\* |['"`])whose\b/gim;
/** Uses that mean what they say. */
const honestUses = [/\bthat is to say\b/gi, /\bneedless to say\b/gi];

/** Every file of the project that git knows or would take, relative to the root. */
export function projectFiles(): string[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  return [...new Set(listed.split('\n'))].filter((name) => name && existsSync(path.join(root, name))).sort();
}

export function sourceFiles(): string[] {
  return projectFiles().filter((name) => folders.includes(name.split('/')[0] ?? '') && /\.(ts|tsx|mjs)$/.test(name));
}

export function readExceptions(): Exceptions {
  return JSON.parse(readFileSync(file, 'utf8')) as Exceptions;
}

/** What would have to be tolerated now. */
export function presentExceptions(): Exceptions {
  const longFiles: Record<string, number> = {};
  const words: Record<string, number> = {};
  for (const name of sourceFiles()) {
    const lines = linesOf(name);
    if (lines > longestFile) longFiles[name] = lines;
  }
  for (const name of sourceFiles()) {
    const count = oldWordsOf(name).length;
    const folder = folderOf(name);
    if (count > 0) words[folder] = (words[folder] ?? 0) + count;
  }
  return { longFiles, oldWords: words };
}

/** The old words in a file, as they stand there. */
export function oldWordsOf(name: string): string[] {
  // A generated file takes its words from its sources, which are checked themselves.
  if (name === 'scripts/exceptions.ts' || name.includes('/generated/')) return [];
  const text = readFileSync(path.join(root, name), 'utf8')
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll('_', ' ');
  return honestUses.reduce((rest, use) => rest.replaceAll(use, ''), text).match(oldWords) ?? [];
}

export function folderOf(name: string): string {
  const parts = name.split('/');
  if (parts.length === 1) return '.';
  return ['packages', 'services', 'apps'].includes(parts[0] ?? '') ? parts.slice(0, 2).join('/') : (parts[0] ?? '.');
}

function linesOf(name: string): number {
  return readFileSync(path.join(root, name), 'utf8').split('\n').length - 1;
}

/** Where the present is worse than what is tolerated, and where the list is longer than it needs to be. */
export function compareExceptions<Key extends keyof Exceptions>(key: Key): { grown: string[]; tooGenerous: string[] } {
  const tolerated = readExceptions()[key];
  const present = presentExceptions()[key];
  const grown = Object.entries(present).filter(([name, count]) => count > (tolerated[name] ?? 0));
  const tooGenerous = Object.entries(tolerated).filter(([name, count]) => count > (present[name] ?? 0));
  return {
    grown: grown.map(([name, count]) => `${name}: ${count}, tolerated are ${tolerated[name] ?? 0}`),
    tooGenerous: tooGenerous.map(([name, count]) => `${name}: ${count}, needed are ${present[name] ?? 0}`),
  };
}

/** The list also where git left both sides of a conflict in it: the more tolerant of two entries, which is lowered anyway. */
function readBothSides(): Exceptions {
  const both: Exceptions = { longFiles: {}, oldWords: {} };
  let section: keyof Exceptions = 'longFiles';
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (line.includes('"oldWords": {')) section = 'oldWords';
    const [, name, count] = /^\s*"([^"]+)": (\d+),?$/.exec(line) ?? [];
    if (name !== undefined) both[section][name] = Math.max(Number(count), both[section][name] ?? 0);
  }
  return both;
}

function lower(tolerated: Record<string, number>, present: Record<string, number>): Record<string, number> {
  const entries = Object.entries(tolerated).map(
    ([name, count]) => [name, Math.min(count, present[name] ?? 0)] as const,
  );
  return Object.fromEntries(entries.filter(([, count]) => count > 0));
}

if (import.meta.main && !process.argv.includes('--check')) {
  const tolerated = readBothSides();
  const present = presentExceptions();
  const lowered: Exceptions = {
    longFiles: lower(tolerated.longFiles, present.longFiles),
    oldWords: lower(tolerated.oldWords, present.oldWords),
  };
  writeFileSync(file, `${JSON.stringify(lowered, null, 2)}\n`);
}
