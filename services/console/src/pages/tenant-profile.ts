import { invoicing, type RequestOutput } from '@arcadia/contracts';
import { InvalidForm } from '../command.ts';
import { type Attempt, disclosedForm } from '../html/form.ts';
import type { Html } from '../html/html.ts';
import { facts } from '../html/table.ts';
import { percentOfFraction } from '../words/money.ts';
import { countOf, inWords } from '../words/names.ts';

type Profile = RequestOutput<typeof invoicing.getBillingProfile>;

/** The billing profile of a tenant. */
export const profileFacts = ({
  name,
  address,
  registration_number,
  currency,
  payment_terms_days,
  tax,
  language,
  email_recipients,
}: Profile): Html =>
  facts([
    ['Name on invoices', name],
    ['Address', address.length === 0 ? 'none' : address.join(', ')],
    ['Registration number', registration_number ?? 'none'],
    ['Currency', currency],
    ['Time to pay', countOf(payment_terms_days, 'day')],
    ['Mails go to', email_recipients.length === 0 ? 'no address' : email_recipients.join(', ')],
    ['Language of mails', language === 'de' ? 'German' : 'English'],
    [
      'Tax',
      `${tax.name} ${percentOfFraction(tax.rate)}, ${tax.is_inclusive ? 'included in prices' : 'on top of prices'}, rounded ${inWords(tax.rounding).toLowerCase()}`,
    ],
  ]);

/** The form that changes it. */
export const profileForm = (
  profile: Profile,
  { version, attempt }: { version: string | null; attempt: Attempt | null },
): Html =>
  disclosedForm('Change the billing profile', {
    name: 'profile',
    sends: invoicing.putBillingProfile,
    action: `/tenants/${profile.tenant_id}/profile`,
    attempt,
    version,
    submit: 'Save',
    fields: [
      { name: 'name', label: 'Name on invoices', value: profile.name, isRequired: true },
      {
        name: 'address',
        label: 'Address',
        hint: 'One printed line in each line, at most six.',
        kind: 'area',
        value: profile.address.join('\n'),
      },
      {
        name: 'registration_number',
        label: 'Registration number',
        hint: 'Such as an ABN. Empty for none.',
        value: profile.registration_number ?? '',
      },
      {
        name: 'payment_terms_days',
        label: 'Days to pay',
        kind: 'number',
        value: String(profile.payment_terms_days),
        isRequired: true,
      },
      {
        name: 'email_recipients',
        label: 'Mails go to',
        hint: 'One address in each line, at most ten. Empty: no mails are sent.',
        kind: 'area',
        value: profile.email_recipients.join('\n'),
      },
      {
        name: 'language',
        label: 'Language of mails',
        kind: 'choice',
        choices: [
          ['en', 'English'],
          ['de', 'German'],
        ],
        value: profile.language,
      },
    ],
  });

/** The entered profile. Throws InvalidForm for a number of days that is none. */
export const profileIn = (values: Readonly<Record<string, string>>) => {
  const { name = '', address = '', registration_number = '', payment_terms_days = '' } = values;
  const { email_recipients = '', language } = values;
  if (!/^\s*\d{1,3}\s*$/.test(payment_terms_days))
    throw new InvalidForm({ payment_terms_days: 'Enter a whole number of days from 0 to 365.' });
  return {
    name: name.trim(),
    address: linesOf(address),
    registration_number: registration_number.trim() === '' ? null : registration_number.trim(),
    payment_terms_days: Number(payment_terms_days),
    email_recipients: linesOf(email_recipients),
    language: language === 'de' ? ('de' as const) : ('en' as const),
  };
};

const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
