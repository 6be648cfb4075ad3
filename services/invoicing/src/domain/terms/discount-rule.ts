import type { Discount } from '../rating/terms.ts';

/** What a discount takes off: the part that a code and the discounts that it gives have in common. */
export type DiscountRule = Pick<Discount, 'name' | 'on' | 'plan_code' | 'kind' | 'percent' | 'amount_cents'>;

type Entered = { [Field in keyof DiscountRule]?: DiscountRule[Field] | undefined };

/** The rule in the fields that a request gives, or the sentence that names the field that is wrong. */
export const discountRule = (entered: Entered): DiscountRule | { fault: string } => {
  const { name, on, plan_code, kind, percent, amount_cents } = entered;
  if (name === undefined) return { fault: '`name` is missing: it is printed on invoices.' };
  if (on === undefined) return { fault: '`on` is missing: it is `plan`, `kind` or `invoice`.' };
  if ((percent === undefined) === (amount_cents === undefined))
    return { fault: 'Give either `percent` or `amount_cents`.' };
  if ((on === 'plan') !== (plan_code !== undefined))
    return {
      fault: `\`plan_code\` is ${on === 'plan' ? 'missing' : 'given'}: a discount has one with \`on: plan\` only.`,
    };
  if ((on === 'kind') !== (kind !== undefined))
    return { fault: `\`kind\` is ${on === 'kind' ? 'missing' : 'given'}: a discount has one with \`on: kind\` only.` };
  return {
    name,
    on,
    ...(plan_code === undefined ? {} : { plan_code }),
    ...(kind === undefined ? {} : { kind }),
    ...(percent === undefined ? {} : { percent }),
    ...(amount_cents === undefined ? {} : { amount_cents }),
  };
};
