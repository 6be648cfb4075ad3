// The only file that runs on the machine's own Node (18 or later), and therefore plain JavaScript without dependencies:
// it installs pnpm and the workspace where needed, then hands over to the Node that came with the workspace.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const tools = path.join(root, '.tools');
const bin = path.join(root, 'node_modules', '.bin');
const stampFile = path.join(root, 'node_modules', '.installed-for');
const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));

const commands = {
  start: ['apps/arcadia/src/main.ts', 'start'],
  arcadia: ['apps/arcadia/src/main.ts'],
  bench: ['bench/src/main.ts'],
  check: ['scripts/quality.ts', 'check'],
  test: ['scripts/quality.ts', 'test'],
  'test:faults': ['scripts/quality.ts', 'test:faults'],
  'test:planted': ['scripts/planted-bugs.ts'],
  generate: ['scripts/quality.ts', 'generate'],
  screenshots: ['scripts/console-screenshots.ts'],
};

async function main() {
  const [name = '', ...args] = process.argv.slice(2);
  const command = commands[name];
  if (!command) fail(`There is no command "${name}"; there are: ${Object.keys(commands).join(', ')}.`);
  if (Number(process.versions.node.split('.')[0]) < 18) {
    fail(`This is Node ${process.versions.node}; install Node 18 or later from https://nodejs.org and start again.`);
  }
  if (process.platform === 'win32') fail('Windows is not supported directly; start this inside WSL.');
  await install();
  await run(path.join(bin, 'node'), [path.join(root, command[0]), ...command.slice(1), ...args]);
}

/** Does nothing, within milliseconds, when the workspace is installed as the lockfile says. */
async function install() {
  if (isInstalled()) return;
  try {
    mkdirSync(tools, { recursive: true });
    mkdirSync(path.join(root, 'node_modules'), { recursive: true });
    accessSync(tools, constants.W_OK);
    accessSync(path.join(root, 'node_modules'), constants.W_OK);
  } catch {
    fail(`The packages are not installed and ${root} is not writable; make it writable for this user and start again.`);
  }
  const release = await takeTurn(path.join(tools, 'installing'));
  try {
    if (isInstalled()) return;
    const started = Date.now();
    note('Installing the packages (the first time only; about 20 seconds after the download) …');
    const pnpm = installPnpm();
    const flags = ['install', '--frozen-lockfile', '--prefer-offline', '--reporter=append-only'];
    if (!succeeds(pnpm, flags, { CI: '1' })) {
      fail(
        'The packages could not be installed; the lines above say why. Check the connection to the npm registry (proxy?) and start again.',
      );
    }
    if (!existsSync(path.join(bin, 'node'))) {
      fail(`There is no Node 26 package for ${process.platform}-${process.arch}; use \`docker compose up\` instead.`);
    }
    writeFileSync(stampFile, expectedStamp());
    note(`Installed in ${Math.round((Date.now() - started) / 1000)} s.`);
  } finally {
    release();
  }
}

/** pnpm, in the version that package.json names, below .tools: nothing is installed on the system. */
function installPnpm() {
  const program = path.join(tools, 'node_modules', '.bin', 'pnpm');
  const wanted = manifest.packageManager;
  const installed = path.join(tools, 'node_modules', 'pnpm', 'package.json');
  if (existsSync(program) && existsSync(installed)) {
    if (`pnpm@${JSON.parse(readFileSync(installed, 'utf8')).version}` === wanted) return program;
  }
  const flags = ['install', '--prefix', tools, '--no-save', '--no-audit', '--no-fund', '--loglevel=error', wanted];
  if (!succeeds('npm', flags, {})) {
    fail(`${wanted} could not be installed by npm; check that npm is there and reaches its registry, and start again.`);
  }
  return program;
}

function succeeds(program, args, extra) {
  // The children's output goes to our stderr: stdout belongs to the command, which may print JSON.
  const { status, error } = spawnSync(program, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    env: { ...installEnvironment(), ...extra },
  });
  if (error) note(error.message);
  return status === 0;
}

function isInstalled() {
  try {
    return readFileSync(stampFile, 'utf8') === expectedStamp() && existsSync(path.join(bin, 'node'));
  } catch {
    return false;
  }
}

/** What the installed packages depend on: the lockfile, every manifest, and the machine's kind. */
function expectedStamp() {
  const hash = createHash('sha256').update(`${process.platform}-${process.arch}`);
  for (const file of ['package.json', 'pnpm-workspace.yaml', 'pnpm-lock.yaml', ...workspaceManifests()]) {
    hash.update(`\n${file}\n`).update(readFileSync(path.join(root, file)));
  }
  return hash.digest('hex');
}

function workspaceManifests() {
  const nested = ['packages', 'services', 'apps'].flatMap((folder) => {
    const place = path.join(root, folder);
    return existsSync(place) ? readdirSync(place).map((name) => `${folder}/${name}`) : [];
  });
  const manifests = [...nested, 'scenarios', 'bench'].map((folder) => `${folder}/package.json`);
  return manifests.filter((file) => existsSync(path.join(root, file))).sort();
}

/** Two first starts at once must not install over each other: the second waits. */
async function takeTurn(lock) {
  for (let isTold = false; ; ) {
    try {
      mkdirSync(lock);
      writeFileSync(path.join(lock, 'pid'), String(process.pid));
      return () => rmSync(lock, { recursive: true, force: true });
    } catch (cause) {
      if (cause.code !== 'EEXIST') throw cause;
    }
    if (isAbandoned(lock)) {
      rmSync(lock, { recursive: true, force: true });
      continue;
    }
    if (!isTold) note('Waiting for another start in this folder to finish installing …');
    isTold = true;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

function isAbandoned(lock) {
  try {
    process.kill(Number(readFileSync(path.join(lock, 'pid'), 'utf8')), 0);
    return false;
  } catch (cause) {
    if (cause.code === 'EPERM') return false;
    // Between making the folder and writing the pid there is a moment without one.
    return cause.code === 'ESRCH' || isOlderThanSeconds(lock, 10);
  }
}

function isOlderThanSeconds(file, seconds) {
  try {
    return Date.now() - statSync(file).mtimeMs > seconds * 1000;
  } catch {
    return false;
  }
}

/** npm sets dozens of variables for its children that would configure the npm and pnpm we start; only a user's own stay. */
function installEnvironment() {
  const kept = /^npm_config_(registry|ca|cafile|proxy|https_proxy|noproxy|strict_ssl|userconfig|\/\/.*)$/i;
  const entries = Object.entries(environment()).filter(([name]) => !/^npm_/i.test(name) || kept.test(name));
  const env = Object.fromEntries(entries);
  if (isWritable(env.HOME || homedir())) return env;
  const home = path.join(tools, 'home');
  mkdirSync(home, { recursive: true });
  return { ...env, HOME: home };
}

function environment() {
  const ownFolders = [bin, path.join(tools, 'node_modules', '.bin')];
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  // `npm start` puts node_modules/.bin first, which would have npm itself run on a Node that lacks the machine's settings.
  const others = folders.filter(
    (folder) => folder && !folder.includes('node_modules') && !folder.includes('node-gyp-bin'),
  );
  return {
    ...process.env,
    PATH: others.join(path.delimiter),
    NODE_USE_SYSTEM_CA: '1',
    // Halves the time that loading some hundred files of TypeScript takes.
    NODE_COMPILE_CACHE: path.join(tools, 'compile-cache'),
    ARCADIA_BIN: ownFolders.join(path.delimiter),
  };
}

function isWritable(folder) {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Runs the command in a process group of its own, so that each Ctrl-C reaches it exactly once: the terminal and npm both
 * signal us, and what comes within half a second is one wish.
 */
function run(program, args) {
  const env = environment();
  env.PATH = `${env.ARCADIA_BIN}${path.delimiter}${env.PATH}`;
  delete env.ARCADIA_BIN;
  const [command, ...rest] = [...endsWithParent(), program, ...args];
  const child = spawn(command, rest, { stdio: 'inherit', detached: true, env });
  let lastSignalAt = 0;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (Date.now() - lastSignalAt < 500) return;
      lastSignalAt = Date.now();
      child.kill(signal);
    });
  }
  return new Promise((resolve) => {
    child.on('error', (cause) =>
      fail(`${program} could not be started: ${cause.message}. Delete node_modules and start again.`),
    );
    child.on('exit', (code, signal) => {
      process.exitCode = code ?? 128 + (signalNumbers[signal] ?? 0);
      resolve();
    });
  });
}

const signalNumbers = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGABRT: 6, SIGKILL: 9, SIGSEGV: 11, SIGTERM: 15 };

/** On Linux the kernel ends the command when we are killed; elsewhere that needs a signal we can catch. */
function endsWithParent() {
  const prefix = ['setpriv', '--pdeathsig', 'TERM', '--'];
  const isOffered = process.platform === 'linux' && spawnSync('setpriv', ['--pdeathsig', 'TERM', 'true']).status === 0;
  return isOffered ? prefix : [];
}

function note(line) {
  process.stderr.write(`${line}\n`);
}

function fail(sentence) {
  note(sentence);
  process.exit(1);
}

await main();
