import { expect, test } from 'vitest';
import { fieldInWords } from './names.ts';

test('a field of a resource is named without the code of its place', () => {
  expect(fieldInWords('attrs.size_slug')).toBe('Size');
  expect(fieldInWords('attrs.vcpus')).toBe('vCPUs');
  expect(fieldInWords('owner.tenant_id')).toBe('Owner tenant id');
  expect(fieldInWords('status')).toBe('Status');
});
