import { readFileSync, statSync } from 'node:fs';
import { ConfigError, type Env } from '@arcadia/platform';

/** @throws ConfigError if the token's file cannot be read or is empty */
export type TokenReader = () => string;

/**
 * A reader of the first variable that is set; `NAME_FILE`, a path, counts directly after `NAME`. The file is read again
 * whenever it has changed.
 * @returns null if none of the variables is set
 */
export function tokenReader(env: Env, names: readonly string[]): TokenReader | null {
  for (const name of names) {
    const token = env[name]?.trim();
    if (token) return () => token;
    const path = env[`${name}_FILE`];
    if (path) return fileReader(path);
  }
  return null;
}

function fileReader(path: string): TokenReader {
  let known: { version: string; token: string } | null = null;
  return () => {
    const version = fileVersion(path);
    if (known?.version === version) return known.token;
    const token = readFileSync(path, 'utf8').trim();
    if (token === '') throw new ConfigError(`The token file ${path} is empty.`);
    known = { version, token };
    return token;
  };
}

/** Differs whenever the file was replaced or written. */
function fileVersion(path: string): string {
  try {
    const { ino, mtimeNs, size } = statSync(path, { bigint: true });
    return `${ino}/${mtimeNs}/${size}`;
  } catch (cause) {
    throw new ConfigError(`The token file ${path} cannot be read.`, { cause });
  }
}
