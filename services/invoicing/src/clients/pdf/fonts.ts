import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import subsetFont from 'subset-font';
import { z } from 'zod';

/**
 * The families of fonts of all documents: Noto Sans as the packages `@fontsource-variable/noto-sans-*` divide it, one file for each range of
 * characters. Only the files whose characters a document holds are read
 * (docs/decisions/0056-draw-documents-with-pdfkit-and-the-noto-fonts.md).
 */
type Family = `noto-sans${'' | '-arabic' | '-devanagari' | '-hebrew' | '-thai' | '-jp' | '-sc' | '-kr'}`;

/** One file of a family: its name and the ranges of code points that it covers. */
type Slice = { id: string; path: string; ranges: (readonly [first: number, last: number])[] };

const require = createRequire(import.meta.url);
const unicodeFile = z.record(z.string(), z.string());

const rangesOf = (text: string): Slice['ranges'] =>
  text.split(',').map((range) => {
    const [first = '', last = first] = range.replace('U+', '').split('-');
    return [Number.parseInt(first, 16), Number.parseInt(last, 16)];
  });

const readSlices = (family: Family): Slice[] => {
  const folder = dirname(require.resolve(`@fontsource-variable/${family}/package.json`));
  const listed = unicodeFile.parse(JSON.parse(readFileSync(join(folder, 'unicode.json'), 'utf8')));
  return Object.entries(listed).map(([name, ranges]) => {
    const slice = name.replaceAll(/[[\]]/g, '');
    const path = join(folder, 'files', `${family}-${slice}-wght-normal.woff2`);
    return { id: `${family}/${slice}`, path, ranges: rangesOf(ranges) };
  });
};

const slicesByFamily = new Map<Family, Slice[]>();
const paths = new Map<string, string>();

/** Latin, Greek and Cyrillic come from `noto-sans` alone; the other families repeat them, partly without glyphs. */
const isOwn = ({ id }: Slice): boolean =>
  id.startsWith('noto-sans/') || /\/(arabic|devanagari|hebrew|thai|\d+)$/.test(id);

const slicesOf = (family: Family): Slice[] => {
  const known = slicesByFamily.get(family);
  if (known !== undefined) return known;
  const slices = readSlices(family).filter(isOwn);
  slicesByFamily.set(family, slices);
  for (const { id, path } of slices) paths.set(id, path);
  return slices;
};

/** The Latin file, which also has the sign that stands in for a character that no font has. */
export const latin = 'noto-sans/latin';

/**
 * Finds the font of a character; null where no font has it. One for each document, because Han characters look different in Japan,
 * China and Korea.
 */
export type FontFinder = (codePoint: number) => string | null;

const korean = ['noto-sans-kr', 'noto-sans-jp', 'noto-sans-sc'] as const;

/** The families of Han characters, in the order in which they are tried: their language follows from the document's other text. */
const hanOrderFor = (text: string): readonly Family[] => {
  if (/[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(text)) return ['noto-sans-jp', 'noto-sans-sc', 'noto-sans-kr'];
  return /\p{Script=Hangul}/u.test(text) ? korean : ['noto-sans-sc', 'noto-sans-jp', 'noto-sans-kr'];
};

const alphabetic = [
  'noto-sans',
  'noto-sans-arabic',
  'noto-sans-hebrew',
  'noto-sans-thai',
  'noto-sans-devanagari',
] as const;
const isHangul = (codePoint: number): boolean => /\p{Script=Hangul}/u.test(String.fromCodePoint(codePoint));

export const fontFinder = (wholeText: string): FontFinder => {
  const hanOrder = hanOrderFor(wholeText);
  const found = new Map<number, string | null>();
  return (codePoint) => {
    if (codePoint < 0x100) return latin;
    const known = found.get(codePoint);
    if (known !== undefined) return known;
    const covers = ({ ranges }: Slice): boolean =>
      ranges.some(([first, last]) => codePoint >= first && codePoint <= last);
    const order = [...alphabetic, ...(isHangul(codePoint) ? korean : hanOrder)];
    const id = order.map((family) => slicesOf(family).find(covers)?.id).find((one) => one !== undefined) ?? null;
    found.set(codePoint, id);
    return id;
  };
};

const weights = { regular: 400, bold: 600 } as const;
export type Weight = keyof typeof weights;

/** Files kept ready for the next documents; the oldest goes first. About 100 kB each. */
const keptFiles = 64;
const ready = new Map<string, Promise<Uint8Array>>();

/**
 * A file of a font at one weight, with all its glyphs. The packages hold variable fonts, of which a PDF can embed one instance.
 * @throws if the package lacks the file
 */
export const fontFile = (id: string, weight: Weight): Promise<Uint8Array> => {
  const key = `${id}@${weight}`;
  const kept = ready.get(key) ?? instanceOf(id, weight);
  ready.delete(key);
  ready.set(key, kept);
  const [oldest] = ready.keys();
  if (ready.size > keptFiles && oldest !== undefined) ready.delete(oldest);
  return kept;
};

const instanceOf = async (id: string, weight: Weight): Promise<Uint8Array> => {
  if (paths.size === 0) slicesOf('noto-sans');
  const path = paths.get(id);
  if (path === undefined) throw new Error(`there is no font file ${id}`);
  const options = {
    targetFormat: 'sfnt' as const,
    variationAxes: { wght: weights[weight] },
    keepAllGlyphs: true,
    noHinting: true,
  };
  return subsetFont(await readFile(path), '', options);
};
