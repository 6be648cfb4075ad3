import type { InvoiceWords, MailWords } from './mail-words.ts';

const invoiceFacts = ({ number, month, total, amountDue, dueOn, isNothingDue }: InvoiceWords) =>
  [
    ['Invoice', number],
    ['Month', month],
    ['Total', total],
    ['Amount due', amountDue],
    ...(isNothingDue ? [] : [['Due on', dueOn] as const]),
  ] as const;

const document = (isAttached: boolean, what: string): string[] =>
  isAttached ? [`The ${what} is attached as a PDF.`] : [`The ${what} can be downloaded as a PDF from your account.`];

/** English. */
export const english: MailWords = {
  locale: 'en-AU',
  greeting: (name) => (name === null ? 'Good day,' : `Good day ${name},`),
  closing: (sender) => `Kind regards\n${sender}`,
  automatic: 'This mail was sent automatically.',
  link: 'Open your account',
  issued: (invoice) => ({
    subject: `Invoice ${invoice.number} for ${invoice.month}`,
    paragraphs: [
      invoice.isNothingDue
        ? `Here is your invoice for ${invoice.month}. Nothing is due on it.`
        : `Here is your invoice for ${invoice.month}. Please pay ${invoice.amountDue} by ${invoice.dueOn}.`,
      ...document(invoice.isAttached, 'invoice'),
    ],
    facts: invoiceFacts(invoice),
  }),
  reminder: (invoice, days) => ({
    subject:
      days >= 0
        ? `Invoice ${invoice.number} is due on ${invoice.dueOn}`
        : `Reminder: invoice ${invoice.number} was due on ${invoice.dueOn}`,
    paragraphs: [
      days >= 0
        ? `Invoice ${invoice.number} for ${invoice.month} is due on ${invoice.dueOn}. Please pay ${invoice.amountDue} by then.`
        : `Invoice ${invoice.number} for ${invoice.month} was due on ${invoice.dueOn}. Please pay ${invoice.amountDue} now.`,
      'If you have paid in the last few days, you need not do anything.',
      ...document(invoice.isAttached, 'invoice'),
    ],
    facts: invoiceFacts(invoice),
  }),
  overdue: (invoice) => ({
    subject: `Invoice ${invoice.number} is overdue`,
    paragraphs: [
      `Invoice ${invoice.number} for ${invoice.month} was due on ${invoice.dueOn} and has not been paid in full. Please pay ${invoice.amountDue} now.`,
      'If you have paid in the last few days, you need not do anything.',
      ...document(invoice.isAttached, 'invoice'),
    ],
    facts: invoiceFacts(invoice),
  }),
  voided: ({ number, month, total, reason, isReplaced }) => ({
    subject: `Invoice ${number} is void`,
    paragraphs: [
      `Invoice ${number} for ${month} is void; please do not pay it.`,
      ...(isReplaced ? ['Another invoice replaces it.'] : []),
    ],
    facts: [
      ['Invoice', number],
      ['Month', month],
      ['Total', total],
      ['Reason', reason],
    ],
  }),
  credited: ({ number, month, total, reason, isAttached }) => ({
    subject: `Credit note ${number} for ${total}`,
    paragraphs: [`We have credited ${total} to you.`, ...document(isAttached, 'credit note')],
    facts: [
      ['Credit note', number],
      ['Month', month],
      ['Credited', total],
      ['Reason', reason],
    ],
  }),
  alert: ({ basis, kind, threshold, reached, month, deployment }) => {
    const what = kind === null ? 'The cost of your deployment' : `The usage of ${kind}`;
    return {
      subject: `${what} passed ${threshold} in ${month}`,
      paragraphs: [
        `${what} passed the threshold of ${threshold}${basis === 'included_percent' ? ' of the included quantity' : ''} in ${month}.`,
        ...(basis === 'hard_cap' ? ['This is the cap of your plan.'] : []),
      ],
      facts: [
        ['Deployment', deployment],
        ['Month', month],
        ['Threshold', threshold],
        ['Reached', reached],
      ],
    };
  },
};
