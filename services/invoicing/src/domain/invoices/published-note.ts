import { contentHash, type EventData, invoicing } from '@arcadia/contracts';

type PublishedNote = EventData<typeof invoicing.creditNoteIssued>;

/** A credit note with its lines as the tables keep it: amounts of the note as text. */
type KeptNote = Omit<PublishedNote, 'net_cents' | 'tax_cents' | 'total_cents'> & {
  net_cents: number | string;
  tax_cents: number | string;
  total_cents: number | string;
};

/** A credit note as `credit-note.issued` publishes it; what else is kept of it is left out. */
export const publishedNote = (note: KeptNote): PublishedNote =>
  invoicing.creditNoteIssued.data.parse({
    ...note,
    net_cents: Number(note.net_cents),
    tax_cents: Number(note.tax_cents),
    total_cents: Number(note.total_cents),
  });

/** The hash of a credit note: that of its event, which a proof compares with the tables. */
export const noteHash = (note: KeptNote): string => contentHash(publishedNote(note));
