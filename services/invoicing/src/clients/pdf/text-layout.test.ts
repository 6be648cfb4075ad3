import { describe, expect, test } from 'vitest';
import { linesOf, type Style, type Typesetting } from './text-layout.ts';

const style: Style = { size: 10, weight: 'regular', color: '#000000' };
/** Every character is one point wide; characters beyond Latin have a font of their own. */
const by: Typesetting = {
  fontOf: (codePoint) => (codePoint < 0x100 ? 'latin' : `other/${codePoint >> 8}`),
  widthOf: (text) => Array.from(text).length,
};
const drawn = (text: string, width = 1000): string[] =>
  linesOf(text, style, width, by).map(({ runs }) =>
    runs
      .toSorted((a, b) => a.x - b.x)
      .map((run) => run.text)
      .join(''),
  );

describe('documents: the lines of a text', () => {
  test('a text is divided between words, and a word that is wider than a line within it', () => {
    expect(drawn('one two three', 8)).toEqual(['one two', 'three']);
    expect(drawn('abcdefghijk lm', 4)).toEqual(['abcd', 'efgh', 'ijk', 'lm']);
    expect(drawn('株式会社テスト', 3)).toEqual(['株式会', '社テス', 'ト']);
    expect(drawn('shop-of-acme', 9)).toEqual(['shop-of-', 'acme']);
    expect(drawn('-1,234.50', 9)).toEqual(['-1,234.50']);
    expect(drawn('')).toEqual(['']);
  });

  test('words of a right-to-left text stand from right to left, numbers and Latin words within it from left to right', () => {
    expect(drawn('شركة الاختبار 2026')).toEqual(['2026 الاختبار شركة']);
    expect(drawn('شركة ABC للخدمات')).toEqual(['للخدمات ABC شركة']);
    expect(drawn('Invoice of شركة الاختبار, paid')).toEqual(['Invoice of الاختبار شركة, paid']);
  });

  test('parentheses around a right-to-left word still open before it and close after it, as they are read', () => {
    const runs = linesOf('شركة (محدودة)', style, 1000, by)[0]?.runs.toSorted((a, b) => a.x - b.x) ?? [];
    expect(runs.map(({ text }) => text)).toEqual(['(', 'محدودة', ')', ' ', 'شركة']);
  });

  test('characters that would reorder or hide the text around them are not drawn', () => {
    expect(drawn('a\u202etxt\u0007b\u200fc')).toEqual(['a txt b c']);
  });

  test('a character that no font has is drawn as a sign, so that a name does not lose letters unseen', () => {
    const none: Typesetting = { ...by, fontOf: (codePoint) => (codePoint < 0xe00 ? 'latin' : null) };
    const [line] = linesOf('Bangkok ไทย', style, 1000, none);
    expect(line?.runs.map(({ text }) => text).join('')).toBe('Bangkok \ufffd\ufffd\ufffd');
  });

  test('a word that is cut keeps its marks with their letters', () => {
    expect(drawn('ที่ที่ที่', 4)).toEqual(['ที่', 'ที่', 'ที่']);
  });

  test('a letter and its combining mark are drawn as one', () => {
    expect(drawn('e\u0301')).toEqual(['é']);
  });
});
