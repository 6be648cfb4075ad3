import { currencyExponent, invoicing, type RequestOutput } from '@arcadia/contracts';
import type { Sending } from '@arcadia/gateway-client';
import { centsIn, InvalidForm } from '../command.ts';
import type { HttpContext } from '../context.ts';
import { type Attempt, disclosedForm } from '../html/form.ts';
import { type Html, html, none } from '../html/html.ts';
import { lineTitle } from '../words/line.ts';
import { moneyText } from '../words/money.ts';

export type Invoice = RequestOutput<typeof invoicing.getInvoice>;

export const invoiceId = (c: HttpContext): string => c.req.param('id') ?? '';

export const pay = async (
  c: HttpContext,
  { reference = '', amount = '', currency = '' }: Readonly<Record<string, string>>,
  sending: Sending,
) => {
  const amount_cents = centsIn(amount, currencyExponent(currency));
  if (amount.trim() !== '' && (amount_cents === null || amount_cents < 1))
    throw new InvalidForm({ amount: 'Enter the paid amount, such as 12.50, or nothing for all that is due.' });
  const paid = await c
    .get('api')
    .request(
      invoicing.payInvoice,
      { invoice_id: invoiceId(c), reference, ...(amount_cents === null ? {} : { amount_cents }) },
      sending,
    );
  const due = paid.amount_due_cents;
  const rest = due === 0 ? 'is paid' : `has a payment; ${moneyText(due, paid.currency)} is still due`;
  return { to: `/invoices/${invoiceId(c)}`, text: `Invoice ${paid.number} ${rest}.` };
};

export const credit = async (
  c: HttpContext,
  { reason = '', line_id = '', amount = '', currency = '' }: Readonly<Record<string, string>>,
  sending: Sending,
) => {
  const amount_cents = centsIn(amount, currencyExponent(currency));
  if (line_id === '' && amount.trim() !== '')
    throw new InvalidForm({
      line_id:
        'Choose the charge of which this amount is credited. To credit everything that is left, leave the amount empty.',
    });
  if (line_id !== '' && (amount_cents === null || amount_cents < 1))
    throw new InvalidForm({ amount: 'Enter the amount to credit without tax, such as 12.50.' });
  const lines = line_id === '' || amount_cents === null ? {} : { lines: [{ line_id, amount_cents }] };
  const note = await c
    .get('api')
    .request(invoicing.creditInvoice, { invoice_id: invoiceId(c), reason, ...lines }, sending);
  return { to: `/invoices/${invoiceId(c)}`, text: `Credit note ${note.number} is issued.` };
};

/** What an operator can do with an invoice. */
export const invoiceActions = (
  invoice: Invoice,
  { version, attempt }: { version: string | null; attempt: Attempt | null },
): Html => {
  if (invoice.status === 'void') return html`<p class="empty">A void invoice cannot be changed.</p>`;
  const at = `/invoices/${invoice.invoice_id}`;
  const lines = invoice.lines.filter(({ kind, amount_cents }) => kind !== 'tax' && amount_cents > 0);
  return html`${
    invoice.status === 'issued'
      ? disclosedForm('Record a payment', {
          name: 'pay',
          sends: invoicing.payInvoice,
          action: `${at}/pay`,
          attempt,
          version,
          submit: 'Record the payment',
          hidden: { currency: invoice.currency },
          fields: [
            {
              name: 'amount',
              label: `Paid amount, in ${invoice.currency}`,
              hint: `Empty for all that is due, ${moneyText(invoice.amount_due_cents, invoice.currency)}.`,
              kind: 'number',
            },
            { name: 'reference', label: 'Payment reference', hint: 'Such as the bank’s reference.', isRequired: true },
          ],
        })
      : none
  }${
    invoice.status === 'draft'
      ? none
      : disclosedForm('Issue a credit note', {
          name: 'credit',
          sends: invoicing.creditInvoice,
          action: `${at}/credit`,
          attempt,
          version,
          submit: 'Issue the credit note',
          hidden: { currency: invoice.currency },
          fields: [
            {
              name: 'line_id',
              label: 'Charge',
              kind: 'choice',
              choices: [
                ['', 'Everything that is left of the invoice'],
                ...lines.map((line) => [line.line_id, lineTitle(line)] as const),
              ],
            },
            {
              name: 'amount',
              label: `Amount without tax, in ${invoice.currency}`,
              hint: 'Only for a single charge.',
              kind: 'number',
            },
            { name: 'reason', label: 'Reason', hint: 'Printed on the credit note.', isRequired: true },
          ],
        })
  }${
    // One that credit alone settled may be voided: no money was paid towards it.
    invoice.paid_cents > 0
      ? none
      : disclosedForm(
          'Void this invoice',
          {
            name: 'void',
            sends: invoicing.voidInvoice,
            action: `${at}/void`,
            attempt,
            version,
            submit: 'Void the invoice',
            isDangerous: true,
            fields: [{ name: 'reason', label: 'Reason', isRequired: true }],
          },
          html`<p>The next run of the period makes a new invoice.</p>`,
        )
  }`;
};
