import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { compareExceptions, folderOf, oldWordsOf, projectFiles, sourceFiles } from './exceptions.ts';

const root = path.resolve(import.meta.dirname, '..');
const sources = sourceFiles();
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

test('files are named for what they do, in kebab-case', () => {
  const meaningless = /(^|\/)(utils?|helpers?|common|lib|types?|misc|shared)(\/|\.[a-z.]+$)/;
  expect(sources.filter((file) => meaningless.test(file))).toEqual([]);
  const kebab = /^[a-z0-9]+(-[a-z0-9]+)*(\.(test|faults|config|d))?\.(ts|tsx|mjs)$/;
  expect(sources.filter((file) => !kebab.test(path.basename(file)))).toEqual([]);
});

test('index.ts is only the door of a package, or the list of all migrations or routes', () => {
  const doors = /^(packages|services|apps)\/[^/]+\/src\/((migrations|routes)\/)?index\.ts$/;
  expect(sources.filter((file) => path.basename(file) === 'index.ts' && !doors.test(file))).toEqual([]);
});

test('every version is written once, in the catalog', () => {
  const stray = projectFiles()
    .filter((file) => path.basename(file) === 'package.json')
    .flatMap((file) => {
      const { dependencies = {}, devDependencies = {}, peerDependencies = {} } = JSON.parse(read(file));
      return Object.entries<string>({ ...dependencies, ...devDependencies, ...peerDependencies })
        .filter(([, version]) => version !== 'catalog:' && version !== 'workspace:*')
        .map(([name, version]) => `${file}: ${name} ${version}`);
    });
  expect(stray).toEqual([]);
});

test('the images are built with the versions of the workspace', () => {
  const dockerfile = read('Dockerfile');
  expect(dockerfile).toContain(`npm install --global ${JSON.parse(read('package.json')).packageManager}\n`);
  const turbo = /^ {2}turbo: (.+)$/m.exec(read('pnpm-workspace.yaml'))?.[1];
  expect(dockerfile).toContain(`npm install --global turbo@${turbo}\n`);
});

test('types are never switched off', () => {
  const off = /@ts-(ignore|nocheck)|oxlint-disable(?!-next-line)|eslint-disable(?!-next-line)/;
  expect(sources.filter((file) => file !== 'scripts/tidy.test.ts' && off.test(read(file)))).toEqual([]);
});

test('every service README has the ten headings, from what the service decides to what to read first', () => {
  const headings = [
    'Decides',
    'Never decides',
    'Owns',
    'Consumes',
    'Publishes',
    'Answers',
    'Schedules',
    'Config',
    'Test',
    'Read first',
  ];
  const missing = readdirSync(path.join(root, 'services')).flatMap((service) => {
    const readme = `services/${service}/README.md`;
    const text = existsSync(path.join(root, readme)) ? read(readme) : '';
    const absent = headings.filter((heading) => !text.includes(heading));
    return absent.length > 0 ? [`${readme} lacks: ${absent.join(', ')}`] : [];
  });
  expect(missing).toEqual([]);
});

test('a file that tests read from outside of the packages is an input of their task in turbo.json', () => {
  const missing = sources.flatMap((file) => {
    const [, folder = ''] = /^((?:services|packages|apps)\/[^/]+|scenarios)\//.exec(file) ?? [];
    const manifest = `${folder}/package.json`;
    if (folder === '' || file.endsWith('main.ts') || !JSON.parse(read(manifest)).scripts?.test) return [];
    const tasks = existsSync(path.join(root, folder, 'turbo.json')) ? read(`${folder}/turbo.json`) : '';
    // Unit tests are one task with the whole tree as its input.
    const isUnitTest = file.startsWith(`${folder}/src/`) && file.endsWith('.test.ts');
    const places = isUnitTest ? [] : read(file).matchAll(/(?:\.\.\/)+(worlds|docs|deploy|scripts)\b/g);
    return [...places]
      .filter(([, place]) => !tasks.includes(`$TURBO_ROOT$/${place}/`))
      .map(([, place]) => `${file} reads ${place}/, which ${folder}/turbo.json does not name`);
  });
  expect(missing).toEqual([]);
});

test('no file has more than 300 lines but those in scripts/exceptions.json, which may only get shorter', () => {
  const { grown, tooGenerous } = compareExceptions('longFiles');
  expect(grown, 'Divide the file; after moving one that is on the list, move its entry.').toEqual([]);
  expect(tooGenerous, 'Well done: `npm run generate` takes it off the list.').toEqual([]);
});

test('a folder holds no more words of the old vocabulary than scripts/exceptions.json tolerates, which may only get fewer', () => {
  const { grown, tooGenerous } = compareExceptions('oldWords');
  const where = sources
    .filter((file) => grown.some((line) => line.startsWith(`${folderOf(file)}:`)))
    .map((file) => `${file}: ${oldWordsOf(file).join(' ')}`)
    .filter((line) => !line.endsWith(': '));
  expect(grown, `docs/style.md has the word to use instead. They stand in:\n${where.join('\n')}\n`).toEqual([]);
  expect(tooGenerous, 'Well done: `npm run generate` lowers the number.').toEqual([]);
});
