import { invoicing } from '@arcadia/contracts';
import { describe, expect, it } from 'vitest';
import { inFieldWords } from './field-words.ts';

const form = {
  sends: invoicing.addDiscount,
  fields: [
    { name: 'percent', label: 'Percentage' },
    { name: 'amount', label: 'Amount a month, in AUD' },
    { name: 'last_period', label: 'Last month' },
  ],
};
const sent = {
  values: { name: 'acme_spring', percent: '10' },
  fieldOf: (pointer: string) => (pointer === '/amount_cents' ? 'amount' : pointer.slice(1)),
};

describe('console: refusals in the words of a form', () => {
  it.each([
    ['Give `percent` or `amount_cents`, not both.', 'Give “Percentage” or “Amount a month, in AUD”, not both.'],
    ['A discount holds for whole months: give last_period.', 'A discount holds for whole months: give “Last month”.'],
    ['Leave out tenant_id.', 'Leave out tenant id.'],
    ['There is no price of droplet_hours.', 'There is no price of droplet hours.'],
    ['There is a discount acme_spring already.', 'There is a discount acme_spring already.'],
    ['Look at `GET /api/v1/tenants`.', 'Look at GET /api/v1/tenants.'],
    ['Nothing is wrong with 10 % of it.', 'Nothing is wrong with 10 % of it.'],
  ])('“%s” is “%s”', (text, words) => {
    expect(inFieldWords(text, form, sent)).toBe(words);
  });

  it('without a form, names are words', () => {
    expect(inFieldWords('Give `tenant_id`.', null, sent)).toBe('Give tenant id.');
  });
});
