import { type Period, periodInterval } from '@arcadia/contracts';
import { RunningMinor } from '../amount.ts';
import type { InvoiceLine } from '../invoices/invoice-line.ts';
import { kindOfLine, lineClassOf } from './line-kind.ts';
import { nameKey, namesOfLine, providerIdInDescription } from './line-name.ts';
import { type Span, spanOf } from './line-times.ts';

/** A line as it is stored: the provider's values, its kind, and its part of the total in whole minor units. */
export type CostLine = InvoiceLine & {
  kind: string;
  is_tax: boolean;
  amount_minor: number;
};

/** The sums of an invoice's lines in minor units. Overages and credits are parts of the net amount. */
export type Totals = {
  lines: number;
  net_minor: number;
  tax_minor: number;
  overage_minor: number;
  credit_minor: number;
};

/** Converts the lines of one invoice, in their order, to cost lines, and adds them up. */
export class CostLines {
  readonly #running: RunningMinor;
  readonly totals: Totals = { lines: 0, net_minor: 0, tax_minor: 0, overage_minor: 0, credit_minor: 0 };

  constructor(currency: string) {
    this.#running = new RunningMinor(currency);
  }

  take(line: InvoiceLine): CostLine {
    const kind = kindOfLine(line);
    const isTax = kind === 'tax';
    const amountMinor = this.#running.add(line.amount);
    this.totals.lines += 1;
    if (isTax) this.totals.tax_minor += amountMinor;
    else this.totals.net_minor += amountMinor;
    if (kind === 'account') this.#addAccountLine(line, amountMinor);
    return { ...line, kind, is_tax: isTax, amount_minor: amountMinor };
  }

  #addAccountLine({ product }: InvoiceLine, amountMinor: number): void {
    const lineClass = lineClassOf({ kind: 'account', product });
    if (lineClass === 'credit') this.totals.credit_minor += amountMinor;
    if (lineClass === 'bandwidth') this.totals.overage_minor += amountMinor;
  }

  get grossMinor(): number {
    return this.#running.total;
  }
}

/** The keys by which a line's resource is looked up; empty for lines of no resource. */
export type LookUp = { provider_ids: string[]; name_keys: string[] };

export function lookUpOf(line: {
  kind: string;
  description: string;
  group_description: string;
  provider_ids: readonly string[];
}): LookUp {
  if (line.kind === 'tax' || line.kind === 'account') return { provider_ids: [], name_keys: [] };
  const inDescription = providerIdInDescription(line);
  return {
    provider_ids: [...new Set([...line.provider_ids, ...(inDescription === null ? [] : [inDescription])])],
    name_keys: [...new Set(namesOfLine(line).map(nameKey))],
  };
}

/** The span of a line; without times it is the whole period of its invoice. */
export function lineSpan(line: { start_at: string | null; end_at: string | null }, period: Period): Span {
  const at = (text: string | null) => (text === null ? null : Temporal.Instant.from(text));
  const whole = periodInterval(period);
  const start = at(line.start_at);
  const end = at(line.end_at);
  return (
    spanOf(start ?? (end === null ? whole.start : earlierOf(whole.start, end)), end ?? laterOf(whole.end, start)) ??
    whole
  );
}

const earlierOf = (a: Temporal.Instant, b: Temporal.Instant) => (Temporal.Instant.compare(a, b) <= 0 ? a : b);
const laterOf = (a: Temporal.Instant, b: Temporal.Instant | null) =>
  b !== null && Temporal.Instant.compare(b, a) > 0 ? b : a;
