import fc from 'fast-check';
import { expect, test } from 'vitest';
import { objectKey } from './object-key.ts';

const common = { prefix: 'finops/', dataset: 'charges', format: 'csv', period: '2026-04' } as const;

test('the key names the version, the dataset, whose rows it has and the month', () => {
  expect(objectKey({ ...common, tenantId: 'acme' })).toBe(
    'finops/focus-1.4/charges/tenant=acme/period=2026-04/charges.csv',
  );
  expect(objectKey({ ...common, dataset: 'costs', format: 'parquet', tenantId: null })).toBe(
    'finops/focus-1.4/costs/all-tenants/period=2026-04/costs.parquet',
  );
});

test('no tenant, whatever its id, gets the key of another one or of the operator, and every key is plain', () => {
  const id = fc.oneof(
    fc.string({ minLength: 1, maxLength: 128, unit: 'grapheme' }),
    fc.constantFrom('..', '.', '~', '~~', 'all-tenants', 'a/b', 'a~2fb', 'ä', 'x'.repeat(128)),
  );
  fc.assert(
    fc.property(id, id, (one, other) => {
      const [first, second] = [one, other].map((tenantId) => objectKey({ ...common, tenantId }));
      expect(first === second).toBe(one === other);
      expect(first).not.toBe(objectKey({ ...common, tenantId: null }));
      expect(first).toMatch(/^[\w.=~/-]{1,1024}$/);
      expect(first?.split('/')).toHaveLength(6);
      expect(first?.split('/')).not.toContain('..');
    }),
  );
});
