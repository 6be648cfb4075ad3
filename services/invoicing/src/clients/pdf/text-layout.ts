import { createRequire } from 'node:module';
import type { Bidi } from 'bidi-js';
import LineBreaker from 'linebreak';
import { type FontFinder, latin, type Weight } from './fonts.ts';

/** Required instead of imported: the package's types declare another default export than it has. */
const bidiFactory: () => Bidi = createRequire(import.meta.url)('bidi-js');
const bidi = bidiFactory();

export type Style = { size: number; weight: Weight; color: string };

/** A piece of a line in one font, at `x` points from the line's start. Right-to-left pieces stand where they are read. */
type PlacedRun = { text: string; font: string; x: number };
export type TextLine = { runs: PlacedRun[]; width: number };

/** How a document measures and finds fonts. Widths are in points. */
export type Typesetting = {
  fontOf: FontFinder;
  widthOf: (text: string, font: string, style: Style) => number;
};

/** Characters that would reorder or hide the text around them, and control characters: none belongs on a document. */
const unprintable = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;
/** Hyphens that the fonts lack are drawn as the common one. */
export const printable = (text: string): string =>
  text
    .replaceAll(unprintable, ' ')
    .replaceAll(/[\u2010-\u2012]/g, '-')
    .normalize('NFC');

const isSimple = (text: string): boolean => /^[\x20-\x7e]*$/.test(text);
/** Drawn for a character that no font has, so that a reader sees that a name has more letters. */
const unknownSign = '\ufffd';
/** Marks and joiners are drawn by the font of the character before them. */
const followsFont = /[\p{M}\u200c\u200d]/u;

/** Divides a text into lines of at most `width` points; a word that is wider than a line is divided too. */
export const linesOf = (given: string, style: Style, width: number, by: Typesetting): TextLine[] => {
  const text = printable(given).trim();
  const direction = directionOf(text);
  const lines: string[] = [];
  let line = '';
  let used = 0;
  for (const piece of piecesOf(text)) {
    const whole = widthOfText(piece, style, by);
    if (used + widthOfText(piece.trimEnd(), style, by) <= width) {
      line += piece;
      used += whole;
      continue;
    }
    if (line !== '') lines.push(line);
    const parts = whole <= width ? [piece] : cutToWidth(piece, style, width, by);
    lines.push(...parts.slice(0, -1));
    line = parts.at(-1) ?? '';
    used = widthOfText(line, style, by);
  }
  if (line !== '' || lines.length === 0) lines.push(line);
  return lines.map((each) => placed(each.trimEnd(), direction, style, by));
};

/** The parts of a text between which a line may end. */
const piecesOf = (text: string): string[] => {
  // One word: an id or a code is divided at its hyphens before it is cut anywhere.
  if (!text.includes(' ') && isSimple(text)) return text.split(/(?<=[A-Za-z0-9]-)(?=[A-Za-z0-9])/);
  const pieces: string[] = [];
  const breaker = new LineBreaker(text);
  let from = 0;
  for (let at = breaker.nextBreak(); at !== null; at = breaker.nextBreak()) {
    pieces.push(text.slice(from, at.position));
    from = at.position;
  }
  return pieces;
};

/** What readers take for one letter: a mark is never parted from the letter below it. */
const letters = new Intl.Segmenter('en', { granularity: 'grapheme' });

const cutToWidth = (piece: string, style: Style, width: number, by: Typesetting): string[] => {
  const parts: string[] = [];
  let part = '';
  for (const { segment } of letters.segment(piece)) {
    if (part !== '' && widthOfText(part + segment, style, by) > width) {
      parts.push(part);
      part = '';
    }
    part += segment;
  }
  return [...parts, part];
};

const directionOf = (text: string): 'ltr' | 'rtl' =>
  isSimple(text) || bidi.getEmbeddingLevels(text).paragraphs[0]?.level !== 1 ? 'ltr' : 'rtl';

type Run = { text: string; font: string; level: number };

/** Runs of one font and one direction, in the order of the text. Words of a right-to-left run are runs of their own. */
const runsOf = (text: string, direction: 'ltr' | 'rtl', { fontOf }: Typesetting): Run[] => {
  if (isSimple(text)) return text === '' ? [] : [{ text, font: fontOf(0x20) ?? latin, level: 0 }];
  const { levels } = bidi.getEmbeddingLevels(text, direction);
  const mirrored = bidi.getMirroredCharactersMap(text, levels);
  const runs: Run[] = [];
  let index = 0;
  for (const character of text) {
    const level = levels[index] ?? 0;
    const drawn = mirrored.get(index) ?? character;
    const last = runs.at(-1);
    const found = last !== undefined && followsFont.test(character) ? last.font : fontOf(drawn.codePointAt(0) ?? 0);
    const [font, shown] = found === null ? [latin, unknownSign] : [found, drawn];
    const isWordEnd = level % 2 === 1 && (shown === ' ' || last?.text.endsWith(' ') === true);
    if (last !== undefined && last.font === font && last.level === level && !isWordEnd) last.text += shown;
    else runs.push({ text: shown, font, level });
    index += character.length;
  }
  return runs;
};

const widthOfText = (text: string, style: Style, by: Typesetting): number =>
  runsOf(text, 'ltr', by).reduce((sum, run) => sum + by.widthOf(run.text, run.font, style), 0);

/** The order in which runs are seen: from the highest level down, sequences of at least that level are reversed (UAX 9, rule L2). */
const inVisualOrder = (runs: readonly Run[]): Run[] => {
  const ordered = [...runs];
  const highest = Math.max(0, ...runs.map(({ level }) => level));
  for (let level = highest; level > 0; level -= 1) {
    for (let from = 0; from < ordered.length; from += 1) {
      if ((ordered[from]?.level ?? 0) < level) continue;
      let until = from;
      while ((ordered[until]?.level ?? 0) >= level) until += 1;
      ordered.splice(from, until - from, ...ordered.slice(from, until).toReversed());
      from = until;
    }
  }
  return ordered;
};

/** The shaper turns letters of right-to-left scripts around by itself, and leaves signs as they are. */
const seen = ({ text, level }: Run): string =>
  level % 2 === 1 && !/[\p{Script=Arabic}\p{Script=Hebrew}]/u.test(text)
    ? Array.from(text).toReversed().join('')
    : text;

const placed = (text: string, direction: 'ltr' | 'rtl', style: Style, by: Typesetting): TextLine => {
  let x = 0;
  const runs = inVisualOrder(runsOf(text, direction, by)).map((run): PlacedRun => {
    const at = { text: seen(run), font: run.font, x };
    x += by.widthOf(run.text, run.font, style);
    return at;
  });
  return { runs, width: x };
};
