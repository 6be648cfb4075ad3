import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { preferredNatsVersion } from './nats-version.ts';

const run = promisify(execFile);

/** Debian's unstable suite has the current release; the releases of the stable suites are too old. */
const suite = 'sid';

/**
 * Unpacks nats-server from Debian's package with apt's signature check, but with a separate package list, cache and state in
 * `folder`, so that the system is not changed and no more rights are needed. Returns the program's path.
 * @throws the error of the last mirror when none works
 */
export async function downloadFromDebian(folder: string): Promise<string> {
  mkdirSync(path.join(folder, 'lists', 'partial'), { recursive: true });
  mkdirSync(path.join(folder, 'cache', 'archives', 'partial'), { recursive: true });
  const sources = path.join(folder, 'sources.list');
  let failure: unknown;
  for (const mirror of debianMirrors()) {
    writeFileSync(sources, `deb ${mirror} ${suite} main\n`);
    try {
      return await unpackDebian(folder, sources);
    } catch (cause) {
      failure = cause;
    }
  }
  throw failure;
}

async function unpackDebian(folder: string, sources: string): Promise<string> {
  const settings = {
    'Dir::Etc::sourcelist': sources,
    'Dir::Etc::sourceparts': '-',
    'Dir::Etc::preferences': '-',
    'Dir::Etc::preferencesparts': '-',
    'Dir::State::lists': path.join(folder, 'lists'),
    'Dir::Cache': path.join(folder, 'cache'),
    'Acquire::Languages': 'none',
    'Acquire::Retries': '2',
    'Acquire::http::Timeout': '20',
    // As root, apt would download as the account _apt, which may not enter this folder.
    ...(process.getuid?.() === 0 ? { 'APT::Sandbox::User': 'root' } : {}),
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  await run('apt-get', [...options, '--quiet', 'update'], { timeout: 120_000 });
  await run('apt-get', [...options, '--quiet', 'download', 'nats-server'], { cwd: folder, timeout: 120_000 });
  const archive = readdirSync(folder).find((name) => name.startsWith('nats-server_') && name.endsWith('.deb'));
  if (!archive) throw new Error('apt-get downloaded no nats-server package.');
  await run('dpkg', ['--extract', path.join(folder, archive), path.join(folder, 'unpacked')]);
  const program = ['usr/sbin', 'usr/bin']
    .map((place) => path.join(folder, 'unpacked', place, 'nats-server'))
    .find((candidate) => existsSync(candidate));
  if (!program) throw new Error('The Debian package holds no nats-server program.');
  return program;
}

/** The mirrors in this machine's apt configuration come first, because it can probably reach them. */
function debianMirrors(): string[] {
  const folder = '/etc/apt/sources.list.d';
  const files = [
    '/etc/apt/sources.list',
    ...(existsSync(folder) ? readdirSync(folder).map((f) => path.join(folder, f)) : []),
  ];
  const text = files.filter((file) => existsSync(file)).map((file) => readFileSync(file, 'utf8'));
  const named = text.join('\n').match(/https?:\/\/[^\s\]]+\/debian\/?(?=\s|$)/g) ?? [];
  return [...new Set([...named.map((mirror) => mirror.replace(/\/$/, '')), 'http://deb.debian.org/debian'])];
}

/**
 * Unpacks nats-server from the project's release. Returns the program's path.
 * @throws when the archive does not have its published SHA-256 sum
 */
export async function downloadFromGithub(folder: string): Promise<string> {
  const arch = process.arch === 'x64' ? 'amd64' : process.arch;
  const release = `nats-server-v${preferredNatsVersion}-${process.platform}-${arch}`;
  const base = `https://github.com/nats-io/nats-server/releases/download/v${preferredNatsVersion}`;
  const sums = (await fetchBytes(`${base}/SHA256SUMS`)).toString('utf8');
  const archive = await fetchBytes(`${base}/${release}.tar.gz`);
  const expected = sums
    .split('\n')
    .find((line) => line.trim().endsWith(`${release}.tar.gz`))
    ?.split(/\s+/)[0];
  const actual = createHash('sha256').update(archive).digest('hex');
  if (actual !== expected) throw new Error(`${release}.tar.gz does not have the published SHA-256 sum.`);
  const file = path.join(folder, 'release.tar.gz');
  writeFileSync(file, archive);
  await run('tar', ['-xzf', file, '-C', folder]);
  return path.join(folder, release, 'nats-server');
}

async function fetchBytes(url: string): Promise<Buffer> {
  const response = await fetch(url, { signal: AbortSignal.timeout(60_000) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}.`);
  return Buffer.from(await response.arrayBuffer());
}
