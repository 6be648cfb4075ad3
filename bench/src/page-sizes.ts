import { gzipSync } from 'node:zlib';

/** Bytes of a page and of the files that it loads, as they are sent (gzip). */
export type Sizes = { page: string; html: number; css: number; js: number; all: number; foreign: string[] };

/** The largest sizes in bytes: of a page, its style, its scripts, and everything together. */
export const largest = { html: 15 * 1024, css: 8 * 1024, js: 20 * 1024, all: 45 * 1024 };

/** Reads a page and the files that it loads. */
export const sizesOf = async (origin: string, page: string, cookie: string): Promise<Sizes> => {
  const answer = await fetch(new URL(page, origin), { headers: { cookie } });
  if (answer.status !== 200) throw new Error(`${page} answered ${answer.status}`);
  const text = await answer.text();
  const files = [...text.matchAll(/<(?:link|script|img)[^>]*\b(?:href|src)="([^"]+)"/g)].map(([, file = '']) => file);
  const own = [...new Set(files)].filter((file) => file.startsWith('/'));
  const sizes = { html: gzipSync(text).length, css: 0, js: 0, other: 0 };
  for (const file of own) {
    const bytes = gzipSync(new Uint8Array(await (await fetch(new URL(file, origin))).arrayBuffer())).length;
    const name = file.replace(/\?.*/, '');
    sizes[name.endsWith('.css') ? 'css' : name.endsWith('.js') ? 'js' : 'other'] += bytes;
  }
  const { other, ...shown } = sizes;
  const all = shown.html + shown.css + shown.js + other;
  return { page, ...shown, all, foreign: files.filter((file) => !file.startsWith('/') && !file.startsWith('data:')) };
};

/** The bars that a page misses, each in a sentence. */
export const tooLarge = (sizes: Sizes): string[] => [
  ...(['html', 'css', 'js', 'all'] as const)
    .filter((part) => sizes[part] > largest[part])
    .map((part) => `${sizes.page}: ${sizes[part]} bytes (${part}), at most ${largest[part]}`),
  ...sizes.foreign.map((file) => `${sizes.page} loads ${file} from elsewhere`),
];

/** The value below which a share of the values lies, in per cent; 0 without values. */
export const percentile = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * share) / 100))] ?? 0;
};
