import type { TaxPolicy } from '../rating/terms.ts';

/** Who issues an invoice, as it is printed. */
export type Party = { name: string; address: string[]; registration_number: string | null };

/** Who receives an invoice, as it was when the invoice was made. */
export type Customer = Party & { tenant_id?: string; tax?: Pick<TaxPolicy, 'name' | 'registration_number'> };
