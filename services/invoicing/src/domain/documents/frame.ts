import type { Customer, Supplier } from '../invoices/party.ts';
import type { Document, TextBlock } from './document.ts';
import { registrationLine } from './registration-label.ts';

/** What all documents have in common: who issues them and who receives them. */
export type Parties = { supplier: Supplier; customer: Customer };

const linesOf = (party: Parties['supplier'] | Parties['customer']): string[] => {
  const registration = registrationLine(party);
  return [party.name, ...party.address, ...(registration === null ? [] : [registration])];
};

const supplierBlock = ({ supplier, customer: { tax } }: Parties): TextBlock => {
  const own = supplier.registration_number?.replaceAll(/\s/g, '');
  const number = tax?.registration_number ?? null;
  const isOther = number !== null && number.replaceAll(/\s/g, '') !== own;
  const lines = [
    ...linesOf(supplier),
    ...(isOther ? [`${tax?.name ?? 'Tax'} registration ${number}`] : []),
    ...(supplier.contact ?? []),
  ];
  return { label: 'From', lines, isEmphasised: true };
};

/** The parties side by side. */
export const partyBlocks = (parties: Parties, label: string): TextBlock[] => [
  supplierBlock(parties),
  { label, lines: linesOf(parties.customer), isEmphasised: true },
];

/**
 * Whether a document may call itself a tax document: its issuer has a name, an address and a registration, and there is tax on it.
 * A tax at 0 % makes an ordinary invoice.
 */
export const isTaxDocument = ({ supplier, customer }: Parties, taxCents: number): boolean => {
  const numbers = [supplier.registration_number, customer.tax?.registration_number ?? null];
  const isKnown = [supplier.name, supplier.address.join('')].every((text) => text.trim() !== '');
  return taxCents !== 0 && isKnown && numbers.some((number) => number !== null && number.trim() !== '');
};

/** The facts that are known. */
export const knownFacts = (facts: readonly (readonly [string, string | null | undefined])[]): Document['facts'] =>
  facts.flatMap(([label, value]) =>
    value === null || value === undefined || value === '' ? [] : [[label, value] as const],
  );

/** How to pay: the supplier's bank details with the reference and when it is due, in one line or more. */
export const paymentBlock = (
  { supplier }: Parties,
  due: { reference: string; amount: string; when: readonly string[] },
): TextBlock => ({
  label: 'How to pay',
  lines: [
    ...(supplier.payment_details ?? []),
    `Amount: ${due.amount}`,
    `Payment reference: ${due.reference}`,
    ...due.when,
  ],
});

/** What the amounts of the lines contain: a heading of their column. */
export const amountHead = ({ customer }: Parties, tax: { cents: number; isInclusive: boolean }): string =>
  tax.cents === 0 ? 'Amount' : `Amount (${tax.isInclusive ? 'incl.' : 'excl.'} ${customer.tax?.name ?? 'tax'})`;
