/** The text of a mail, without greeting and closing. Everything is plain text; it is escaped where HTML is made of it. */
export type MailContent = {
  subject: string;
  paragraphs: readonly string[];
  /** Facts in a table: name and value. */
  facts: readonly (readonly [string, string])[];
};

/** An invoice as the words need it, formatted in their language. */
export type InvoiceWords = {
  number: string;
  month: string;
  total: string;
  amountDue: string;
  isNothingDue: boolean;
  dueOn: string;
  /** True: the document is attached. */
  isAttached: boolean;
};

/** How mails are worded in a language. */
export type MailWords = {
  /** For dates and amounts. */
  locale: string;
  /** @param name null: none is known */
  greeting: (name: string | null) => string;
  closing: (sender: string) => string;
  automatic: string;
  link: string;
  issued: (invoice: InvoiceWords) => MailContent;
  /** @param days until the due day; negative: since it */
  reminder: (invoice: InvoiceWords, days: number) => MailContent;
  overdue: (invoice: InvoiceWords) => MailContent;
  voided: (invoice: {
    number: string;
    month: string;
    total: string;
    reason: string;
    isReplaced: boolean;
  }) => MailContent;
  credited: (note: {
    number: string;
    month: string;
    total: string;
    reason: string;
    isAttached: boolean;
  }) => MailContent;
  alert: (alert: {
    basis: 'included_percent' | 'money' | 'hard_cap';
    /** Null: the cost of the whole deployment. */
    kind: string | null;
    threshold: string;
    reached: string;
    month: string;
    deployment: string;
  }) => MailContent;
};
