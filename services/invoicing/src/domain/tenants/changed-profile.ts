import type { invoicing, RequestInput } from '@arcadia/contracts';
import type { TaxPolicy } from '../rating/terms.ts';

type Details = Omit<RequestInput<typeof invoicing.putBillingProfile>, 'tenant_id'>;

type Profile = {
  tenant_id: string;
  name: string;
  address: string[];
  registration_number: string | null;
  country: string | null;
  buyer_reference: string | null;
  currency: string;
  payment_terms_days: number;
  tax: TaxPolicy;
  language: 'en' | 'de';
  email_recipients: string[];
};

/** A billing profile with the given fields changed; fields that are left out stay as they are. */
export const changedProfile = (before: Profile, given: Details): Profile => ({
  tenant_id: before.tenant_id,
  name: given.name ?? before.name,
  address: given.address ?? before.address,
  registration_number: given.registration_number === undefined ? before.registration_number : given.registration_number,
  country: given.country === undefined ? before.country : given.country,
  buyer_reference: given.buyer_reference === undefined ? before.buyer_reference : given.buyer_reference,
  currency: given.currency ?? before.currency,
  payment_terms_days: given.payment_terms_days ?? before.payment_terms_days,
  tax: {
    ...before.tax,
    ...Object.fromEntries(Object.entries(given.tax ?? {}).filter(([, value]) => value !== undefined)),
  },
  language: given.language ?? before.language,
  email_recipients: given.email_recipients === undefined ? before.email_recipients : unique(given.email_recipients),
});

/** Addresses without those that differ from an earlier one in case only. */
const unique = (addresses: readonly string[]): string[] =>
  [...new Map(addresses.toReversed().map((address) => [address.toLowerCase(), address])).values()].toReversed();
