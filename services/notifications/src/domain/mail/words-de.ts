import type { InvoiceWords, MailWords } from './mail-words.ts';

const invoiceFacts = ({ number, month, total, amountDue, dueOn, isNothingDue }: InvoiceWords) =>
  [
    ['Rechnung', number],
    ['Monat', month],
    ['Gesamtbetrag', total],
    ['Offener Betrag', amountDue],
    ...(isNothingDue ? [] : [['Fällig am', dueOn] as const]),
  ] as const;

const document = (isAttached: boolean, what: string): string[] =>
  isAttached ? [`${what} ist als PDF angehängt.`] : [`${what} können Sie in Ihrem Kundenkonto als PDF herunterladen.`];

const invoiceDocument = (isAttached: boolean): string[] => document(isAttached, 'Die Rechnung');

/** German. */
export const german: MailWords = {
  locale: 'de-DE',
  greeting: (name) => (name === null ? 'Guten Tag,' : `Guten Tag ${name},`),
  closing: (sender) => `Freundliche Grüße\n${sender}`,
  automatic: 'Diese E-Mail wurde automatisch versendet.',
  link: 'Zum Kundenkonto',
  issued: (invoice) => ({
    subject: `Rechnung ${invoice.number} für ${invoice.month}`,
    paragraphs: [
      invoice.isNothingDue
        ? `hier ist Ihre Rechnung für ${invoice.month}. Es ist nichts zu zahlen.`
        : `hier ist Ihre Rechnung für ${invoice.month}. Bitte zahlen Sie ${invoice.amountDue} bis zum ${invoice.dueOn}.`,
      ...invoiceDocument(invoice.isAttached),
    ],
    facts: invoiceFacts(invoice),
  }),
  reminder: (invoice, days) => ({
    subject:
      days >= 0
        ? `Rechnung ${invoice.number} ist am ${invoice.dueOn} fällig`
        : `Zahlungserinnerung: Rechnung ${invoice.number} war am ${invoice.dueOn} fällig`,
    paragraphs: [
      days >= 0
        ? `die Rechnung ${invoice.number} für ${invoice.month} ist am ${invoice.dueOn} fällig. Bitte zahlen Sie bis dahin ${invoice.amountDue}.`
        : `die Rechnung ${invoice.number} für ${invoice.month} war am ${invoice.dueOn} fällig. Bitte zahlen Sie jetzt ${invoice.amountDue}.`,
      'Falls Sie in den letzten Tagen bezahlt haben, brauchen Sie nichts zu tun.',
      ...invoiceDocument(invoice.isAttached),
    ],
    facts: invoiceFacts(invoice),
  }),
  overdue: (invoice) => ({
    subject: `Rechnung ${invoice.number} ist überfällig`,
    paragraphs: [
      `die Rechnung ${invoice.number} für ${invoice.month} war am ${invoice.dueOn} fällig und ist nicht vollständig bezahlt. Bitte zahlen Sie jetzt ${invoice.amountDue}.`,
      'Falls Sie in den letzten Tagen bezahlt haben, brauchen Sie nichts zu tun.',
      ...invoiceDocument(invoice.isAttached),
    ],
    facts: invoiceFacts(invoice),
  }),
  voided: ({ number, month, total, reason, isReplaced }) => ({
    subject: `Rechnung ${number} ist storniert`,
    paragraphs: [
      `die Rechnung ${number} für ${month} ist storniert; bitte bezahlen Sie sie nicht.`,
      ...(isReplaced ? ['Eine andere Rechnung ersetzt sie.'] : []),
    ],
    facts: [
      ['Rechnung', number],
      ['Monat', month],
      ['Gesamtbetrag', total],
      ['Grund', reason],
    ],
  }),
  credited: ({ number, month, total, reason, isAttached }) => ({
    subject: `Gutschrift ${number} über ${total}`,
    paragraphs: [`wir haben Ihnen ${total} gutgeschrieben.`, ...document(isAttached, 'Die Gutschrift')],
    facts: [
      ['Gutschrift', number],
      ['Monat', month],
      ['Gutgeschrieben', total],
      ['Grund', reason],
    ],
  }),
  alert: ({ basis, kind, threshold, reached, month, deployment }) => {
    const what = kind === null ? 'Kosten Ihres Deployments' : `Verbrauch „${kind}“`;
    return {
      subject: `${what}: Schwelle von ${threshold} im ${month} überschritten`,
      paragraphs: [
        basis === 'included_percent'
          ? `im ${month} wurde die Schwelle von ${threshold} der enthaltenen Menge überschritten (${what}).`
          : `im ${month} wurde die Schwelle von ${threshold} überschritten (${what}).`,
        ...(basis === 'hard_cap' ? ['Das ist die Obergrenze Ihres Tarifs.'] : []),
      ],
      facts: [
        ['Deployment', deployment],
        ['Monat', month],
        ['Schwelle', threshold],
        ['Erreicht', reached],
      ],
    };
  },
};
