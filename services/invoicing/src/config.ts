import { type FinanceAccess, financeAccess, financeVariables } from '@arcadia/finance';
import { defineConfig, wholeNumber } from '@arcadia/platform';
import { z } from 'zod';
import type { Party } from './domain/invoices/party.ts';

export type Config = {
  /** Hours that an invoice stays a draft before it is issued. */
  graceHours: number;
  supplier: Party;
  /** Null: receivables are not pushed. */
  finance: FinanceAccess | null;
};

const variables = {
  ...financeVariables,
  INVOICE_GRACE_HOURS: wholeNumber('hours', { least: 0, most: 720, usual: 0 }).meta({
    description: 'Hours that an invoice stays a draft before it is issued.',
  }),
  INVOICE_SUPPLIER_NAME: z
    .string()
    .default('Arcadia Cloud')
    .meta({ description: 'Name of the supplier, as printed on every invoice.' }),
  INVOICE_SUPPLIER_ADDRESS: z
    .string()
    .default('')
    .meta({ description: 'Address of the supplier, with line breaks.', example: '1 George Street, Sydney NSW 2000' }),
  INVOICE_SUPPLIER_ABN: z
    .string()
    .optional()
    .meta({ description: "The supplier's Australian Business Number.", example: '53 004 085 616' }),
};

export const parseConfig = defineConfig(
  variables,
  (given): Config => ({
    graceHours: given.INVOICE_GRACE_HOURS,
    supplier: {
      name: given.INVOICE_SUPPLIER_NAME,
      address: given.INVOICE_SUPPLIER_ADDRESS.split('\n').filter((line) => line !== ''),
      registration_number: given.INVOICE_SUPPLIER_ABN ?? null,
    },
    finance: financeAccess(given),
  }),
);
