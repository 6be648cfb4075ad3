import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file && existsSync(path.join(root, file)));
const pages = files.filter((file) => file.endsWith('.md'));
const records = files.filter((file) => /^docs\/decisions\/\d{4}-.*\.md$/.test(file)).toSorted();

/** The text of a page without its fenced examples. */
const prose = (file: string): string => read(file).replaceAll(/^```.*?^```/gms, '');

test('decision records are numbered without gaps, follow the template and are named after their title', () => {
  const faults = records.flatMap((file, index) => {
    const number = String(index + 1).padStart(4, '0');
    const text = read(file);
    const [, title = ''] = new RegExp(`^# ${number}\\. (.+)\n`).exec(text) ?? [];
    const slug = title
      .toLowerCase()
      .replaceAll(/['’]/g, '')
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-|-$/g, '');
    const headings = [...text.matchAll(/^\*\*(Context\.|Choice\.|Cost\.|Wrong if)\*\*/gm)].map(([, name]) => name);
    return [
      ...(title === '' ? [`${file} does not begin with "# ${number}. Title".`] : []),
      ...(path.basename(file) === `${number}-${slug}.md` ? [] : [`${file} should be named ${number}-${slug}.md.`]),
      ...(headings.join(' ') === 'Context. Choice. Cost. Wrong if'
        ? []
        : [`${file} needs Context, Choice, Cost and Wrong if, in this order.`]),
    ];
  });
  expect(faults).toEqual([]);
});

test('the index of decision records lists every record under its title', () => {
  const listed = [
    ...read('docs/decisions/README.md').matchAll(/^\| \[(\d{4})\]\((\d{4}-[^)]+\.md)\) \| (.+?) \| .+ \|$/gm),
  ].map(([, number, file, title]) => `${file}: # ${number}. ${title}`);
  expect(listed).toEqual(records.map((file) => `${path.basename(file)}: ${read(file).split('\n')[0]}`));
});

test('references to decision records name records that exist', () => {
  const known = new Set(records.map((file) => path.basename(file).slice(0, 4)));
  const unknown = files
    .filter((file) => /\.(ts|mjs|cjs|md|yaml|yml|sql)$/.test(file))
    .flatMap((file) =>
      [...read(file).matchAll(/\bdecisions?(?:\/| (?:record )?)\[?(\d{1,4})\b/gi)]
        .filter(([, number = '']) => !known.has(number))
        .map(([reference]) => `${file}: ${reference}`),
    );
  expect(unknown).toEqual([]);
});

test('links between pages lead to files that exist', () => {
  const broken = pages.flatMap((page) =>
    [...prose(page).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
      .map(([, target = '']) => target)
      .filter((target) => !/^[a-z]+:/.test(target))
      .filter((target) => !existsSync(path.join(root, path.dirname(page), target)))
      .map((target) => `${page}: ${target}`),
  );
  expect(broken).toEqual([]);
});

test('pages name only source files that exist', () => {
  const missing = pages.flatMap((page) =>
    [...prose(page).matchAll(/`((?:[a-z-]+\/)*(?:src|test|test-faults|scripts|docs)\/[\w./-]+\.(?:ts|mjs|md|json))`/g)]
      .map(([, file = '']) => file)
      .filter((file) => ![root, path.join(root, path.dirname(page))].some((base) => existsSync(path.join(base, file))))
      .map((file) => `${page}: ${file}`),
  );
  // Decision records tell what was built at their time, so only the pages that describe the present are held to this.
  expect(missing.filter((fault) => !fault.startsWith('docs/decisions/'))).toEqual([]);
});

test('every package, service and application has a README', () => {
  const folders = files
    .filter((file) => path.basename(file) === 'package.json' && file !== 'package.json')
    .map((file) => path.dirname(file));
  expect(folders.filter((folder) => !existsSync(path.join(root, folder, 'README.md')))).toEqual([]);
});

test('pages use the words of the trade, as docs/style.md lists them', () => {
  const banned = /\b(hears?|heard|whoever|nobody['’]s|bury|buried|bequeath|heirs?|befell)\b/gi;
  // The style guide quotes the words; the page of events is generated from the contracts.
  const quoting = ['docs/style.md', 'docs/events.md'];
  const faults = pages
    .filter((page) => !quoting.includes(page))
    .flatMap((page) =>
      [
        ...prose(page)
          .replaceAll(/`[^`]*`/g, '')
          .matchAll(banned),
      ].map(([word]) => `${page}: "${word}"`),
    );
  expect(faults).toEqual([]);
});
