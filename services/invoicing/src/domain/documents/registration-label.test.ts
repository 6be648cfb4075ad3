import { expect, test } from 'vitest';
import { registrationLine } from './registration-label.ts';

test.each([
  ['53 004 085 616', 'AU', 'ABN 53 004 085 616'],
  ['ABN 53 004 085 616', 'AU', 'ABN 53 004 085 616'],
  ['53 004 085 616', null, 'ABN 53 004 085 616'],
  ['99 888 777 666', null, 'Registration no. 99 888 777 666'],
  ['9429041234567', 'NZ', 'NZBN 9429041234567'],
  ['123-456-789', 'NZ', 'GST no. 123-456-789'],
  ['GB123456789', 'GB', 'VAT no. GB123456789'],
  ['DE123456789', null, 'VAT no. DE123456789'],
  ['ATU12345678', 'AT', 'VAT no. ATU12345678'],
  ['VAT no. GB123456789', 'GB', 'VAT no. GB123456789'],
  ['12-3456789', 'US', 'EIN 12-3456789'],
  ['T1234567890123', 'JP', 'Registration no. T1234567890123'],
  ['T1234567890123', null, 'Registration no. T1234567890123'],
  ['123', 'ZZ', 'Registration no. 123'],
])(
  'documents: the registration number %s of a party in %s is printed as "%s"',
  (registration_number, country, line) => {
    expect(registrationLine({ name: 'A', address: [], registration_number, country })).toBe(line);
  },
);

test('documents: a party without a number has no such line', () => {
  expect(registrationLine({ name: 'A', address: [], registration_number: null })).toBe(null);
  expect(registrationLine({ name: 'A', address: [], registration_number: ' ' })).toBe(null);
});
