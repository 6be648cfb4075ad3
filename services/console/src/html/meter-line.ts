import { Decimal } from '@arcadia/contracts';
import { type Html, html, none } from './html.ts';

/** How much of an included quantity is used: a bar with its percentage. Above 100 % the bar is full and in another colour. */
export const meterLine = (used: string, included: string): Html => {
  const share = new Decimal(included).isZero() ? null : new Decimal(used).times(100).div(included);
  if (share === null) return none;
  const words = `${share.toDecimalPlaces(share.lessThan(10) ? 1 : 0).toFixed()} %`;
  const width = share.greaterThan(100) ? '100' : share.toDecimalPlaces(1).toFixed();
  return html`<span class="bar-cell"><svg class="meterline" viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label="${words} used"><rect class="rest" width="100" height="8"/><rect class="${share.greaterThan(100) ? 'two' : 'one'}" width="${width}" height="8"/></svg><span class="figure">${words}</span></span>`;
};
