import { type FinanceAccess, financeAccess } from '@arcadia/finance';
import { type Env, parseConfig as parseVariables } from '@arcadia/platform';
import { z } from 'zod';
import type { Party } from './domain/invoices/party.ts';

const variables = z.object({
  INVOICE_GRACE_HOURS: z.coerce.number().int().min(0).max(720).default(0),
  INVOICE_SUPPLIER_NAME: z.string().default('Arcadia Cloud'),
  INVOICE_SUPPLIER_ADDRESS: z.string().default(''),
  INVOICE_SUPPLIER_ABN: z.string().default(''),
});

export type Config = {
  /** Hours that an invoice stays a draft before it is issued. */
  graceHours: number;
  supplier: Party;
  /** Null: receivables are not pushed. */
  finance: FinanceAccess | null;
};

/** The issuer of the invoices, as it is printed on them. */

/** A blank variable is an absent one. */
export function parseConfig(env: Env): Config {
  const given = parseVariables(variables, Object.fromEntries(Object.entries(env).filter(([, value]) => value !== '')));
  return {
    graceHours: given.INVOICE_GRACE_HOURS,
    supplier: {
      name: given.INVOICE_SUPPLIER_NAME,
      address: given.INVOICE_SUPPLIER_ADDRESS.split('\n').filter((line) => line !== ''),
      registration_number: given.INVOICE_SUPPLIER_ABN || null,
    },
    finance: financeAccess(env),
  };
}
