import type { ExchangeRate } from './terms.ts';

/** ` at 1.52 (2026-04)`; empty where no rate is needed. */
export const rateText = (rate: ExchangeRate | null): string =>
  rate === null ? '' : ` at ${rate.rate} (${rate.period})`;

/** `plus 20 %`, or `less 5 %`. */
export const markText = (percent: string): string =>
  percent.startsWith('-') ? `less ${percent.slice(1)} %` : `plus ${percent} %`;
