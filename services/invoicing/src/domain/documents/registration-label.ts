import type { Party } from '../invoices/party.ts';

const memberStates = 'AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK'.split(' ');

/** What a business registration number is called, by country (ISO 3166). */
const labels: Readonly<Record<string, string>> = {
  ...Object.fromEntries(memberStates.map((country) => [country, 'VAT no.'])),
  AE: 'TRN',
  AU: 'ABN',
  BR: 'CNPJ',
  CA: 'BN',
  CH: 'UID',
  CN: 'USCC',
  GB: 'VAT no.',
  HK: 'BR no.',
  ID: 'NPWP',
  IN: 'GSTIN',
  JP: 'Registration no.',
  KR: 'Business registration no.',
  MX: 'RFC',
  MY: 'SST no.',
  NO: 'Org. no.',
  NZ: 'GST no.',
  PH: 'TIN',
  SA: 'VAT no.',
  SG: 'GST reg. no.',
  TH: 'Tax ID',
  TW: 'UBN',
  US: 'EIN',
  VN: 'Tax code',
  ZA: 'VAT no.',
};

/** The forms that only one country's numbers have, for parties whose country is not known. */
const forms: readonly (readonly [RegExp, (digits: string) => boolean, string])[] = [
  [/^\d{11}$/, isAbn, 'ABN'],
  [/^94\d{11}$/, () => true, 'NZBN'],
  [
    /^(?:AT|BE|BG|CY|CZ|DE|DK|EE|EL|ES|FI|FR|HR|HU|IE|IT|LT|LU|LV|MT|NL|PL|PT|RO|SE|SI|SK|GB|XI)[\dA-Z]{8,12}$/,
    () => true,
    'VAT no.',
  ],
];

const abnWeights = [10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19];

/** Whether eleven digits are an Australian Business Number, by its check digits. */
function isAbn(digits: string): boolean {
  const sum = abnWeights.reduce(
    (total, weight, index) => total + weight * (Number(digits[index]) - (index === 0 ? 1 : 0)),
    0,
  );
  return sum % 89 === 0;
}

/**
 * A registration number as it is printed, with what it is called: `ABN 53 004 085 616`. A number that was entered together with
 * its name (`VAT no. GB123456789`) is printed as it was entered.
 */
export const registrationLine = ({ registration_number: number, country }: Party): string | null => {
  if (number === null || number.trim() === '') return null;
  const bare = number.replaceAll(/[\s.-]/g, '').toUpperCase();
  if (/^\p{L}{3,}[\p{L}.\s]*[\s:]/u.test(number)) return number;
  // A New Zealand business has two numbers; only one of them begins with 94 and has thirteen digits.
  if (country === 'NZ' && /^94\d{11}$/.test(bare)) return `NZBN ${number}`;
  const form = forms.find(([pattern, holds]) => pattern.test(bare) && holds(bare));
  const known = country === undefined || country === null ? form?.[2] : labels[country];
  return `${known ?? 'Registration no.'} ${number}`;
};
