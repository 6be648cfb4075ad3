import { Decimal, formatMinor, formatUnitPrice } from '@arcadia/contracts';
import { type Html, html } from '../html/html.ts';
import { unitInWords } from './names.ts';

/** A decimal text with its thousands apart and a real minus: `-1234.5` is "−1,234.5". */
export const grouped = (text: string): string => {
  const [whole = '', fraction] = text.replace('-', '').split('.');
  const thousands = whole.replaceAll(/\B(?=(\d{3})+$)/g, ',');
  return `${text.startsWith('-') ? '−' : ''}${thousands}${fraction === undefined ? '' : `.${fraction}`}`;
};

/** An amount in minor units as text: `-123456` in AUD is "−1,234.56 AUD". */
export const moneyText = (amount: number, currency: string): string =>
  `${grouped(formatMinor(amount, currency))} ${currency}`;

/** An amount in minor units with its currency. */
export const money = (amount: number, currency: string): Html =>
  html`<span class="money">${grouped(formatMinor(amount, currency))} <span class="unit">${currency}</span></span>`;

/** What a previewed month asks for; a month below zero asks for nothing and is credited. */
export const payable = (month: { payable_cents: number; credited_cents: number; currency: string }): Html =>
  month.credited_cents > 0
    ? html`${money(month.credited_cents, month.currency)} to be credited`
    : money(month.payable_cents, month.currency);

/** An amount that may not be known yet. */
export const moneyOrUnknown = (amount: number | null, currency: string | null): Html =>
  amount === null || currency === null ? html`<span class="unknown">not known yet</span>` : money(amount, currency);

/** An exact decimal amount of a provider, such as `23.44`, with its currency. */
export const decimalMoney = (amount: string, currency: string): Html =>
  html`<span class="money">${grouped(new Decimal(amount).toFixed(Math.max(2, new Decimal(amount).decimalPlaces())))} <span class="unit">${currency}</span></span>`;

/** A unit price in minor units as text, exact: `1` cent in AUD is "0.01 AUD". */
export const unitPriceText = (cents: string, currency: string): string =>
  `${grouped(formatUnitPrice(cents, currency, 6))} ${currency}`;

/** A quantity as shown: at most three decimals, rounded half up. */
export const shownQuantity = (quantity: string, decimals = 3): string =>
  grouped(new Decimal(quantity).toDecimalPlaces(decimals).toFixed());

/** A quantity with its unit as text: "2,160 h". */
export const quantityText = (quantity: string, unit: string): string =>
  `${shownQuantity(quantity)} ${unitInWords(unit, quantity)}`.trim();

/** A fraction as a percentage: `0.983333` is "98.3 %". */
export const percentOfFraction = (fraction: string | null): string =>
  fraction === null ? 'none' : `${new Decimal(fraction).times(100).toDecimalPlaces(1).toFixed()} %`;

/** A percentage: `51.7` is "51.7 %". */
export const percent = (value: string | null): string =>
  value === null ? '' : `${grouped(new Decimal(value).toDecimalPlaces(1).toFixed())} %`;
