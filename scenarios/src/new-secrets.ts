import { execFileSync } from 'node:child_process';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');

/** The secrets of `.env`, as an operator makes them. */
export const newSecrets = (): Record<string, string> => {
  const text = execFileSync(process.execPath, [path.join(root, 'scripts/new-secrets.mjs')], { encoding: 'utf8' });
  return Object.fromEntries(Array.from(text.matchAll(/^(\w+)=(.*)$/gm), ([, name = '', value = '']) => [name, value]));
};
