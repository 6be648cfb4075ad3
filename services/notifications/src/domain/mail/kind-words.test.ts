import { usageKinds } from '@arcadia/contracts';
import { expect, test } from 'vitest';
import { kindWords, unitWords } from './kind-words.ts';

test('every known billing kind and its unit have words in each language', () => {
  for (const [kind, { unit }] of Object.entries(usageKinds))
    for (const language of ['en', 'de'] as const) {
      expect(kindWords(kind, language)).not.toMatch(/_/);
      expect(unitWords(unit, language)).not.toBe('');
    }
  const unnamed = Object.keys(usageKinds).filter((kind) => kindWords(kind, 'de') === kind.replaceAll('_', ' '));
  expect(unnamed).toEqual([]);
});

test('a kind that an operator has made up is called by its name', () => {
  expect(kindWords('api_calls', 'de')).toBe('api calls');
});
