import type { TaxPolicy } from '../rating/terms.ts';

/** A party to a document, as it is printed. */
export type Party = {
  name: string;
  address: string[];
  registration_number: string | null;
  /** ISO 3166 code of two letters; null or absent: unknown. */
  country?: string | null;
};

/** Who issues a document, as it was when the document was made. Older documents lack the optional fields. */
export type Supplier = Party & {
  /** Lines such as an email address or a telephone number. */
  contact?: string[];
  /** Where to pay to, one item for each printed line. */
  payment_details?: string[];
};

/** Who receives a document, as it was when the document was made. */
export type Customer = Party & {
  tenant_id?: string;
  tax?: Pick<TaxPolicy, 'name' | 'registration_number'>;
  /** Purchase order, or another reference that the customer wants to find on its documents. */
  buyer_reference?: string | null;
};
