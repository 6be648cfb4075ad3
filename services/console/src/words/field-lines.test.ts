import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fieldLines, fieldsIn } from './field-lines.ts';

const name = fc.constantFrom('size_slug', 'region', 'tags', 'size_gb', 'is_public', 'image');
const value = fc.oneof(
  fc.string(),
  fc.constantFrom('true', '12', '1.50', '"quoted"', ' spaced ', '[1]', 'two\nlines', ''),
  fc.boolean(),
  fc.integer(),
  fc.constant(null),
  fc.array(fc.string(), { maxLength: 3 }),
);

test('a desired state that a form shows is read again as it was', () => {
  fc.assert(
    fc.property(fc.dictionary(name, value, { minKeys: 1 }), (fields) => {
      const read = fieldsIn(fieldLines(fields));
      expect(read).toEqual({ ...fields });
    }),
  );
});

test('a line that is no field is named', () => {
  expect(fieldsIn('size_slug: s-1\nregion')).toBe(
    'Line 2, “region”, is no field with a value, such as size_slug: s-2vcpu-4gb.',
  );
  expect(fieldsIn('region: syd1\nregion: fra1')).toBe('Line 2: region is there twice.');
  expect(fieldsIn(' \n')).toBe('Enter at least one field.');
});
