import type { Customer } from '../domain/invoices/party.ts';
import type { BillingProfileRow } from '../store/schema.ts';

/** The customer as it is printed on documents that are made now. */
export const customerOf = ({
  tenant_id,
  name,
  address,
  registration_number,
  country,
  buyer_reference,
  tax,
}: BillingProfileRow): Customer => ({
  tenant_id,
  name,
  address,
  registration_number,
  country,
  buyer_reference,
  tax: { name: tax.name, registration_number: tax.registration_number },
});
