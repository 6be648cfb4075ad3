import type { ProblemType } from './problem-type.ts';

/** Problems of the catalog, quotes and subscriptions. */
export const subscriptionProblems = {
  'plan-not-found': {
    status: 422,
    meaning: 'The plan is not offered.',
    when: 'The plan code is unknown, or the plan has no published version that the caller may use.',
    remedy: 'Use a plan from `GET /api/v1/catalog/plans`.',
  },
  'addon-not-found': {
    status: 422,
    meaning: 'The addon is not offered, or the subscription does not have it.',
    when: 'The addon code is unknown, or `addon_id` belongs to another subscription.',
    remedy: 'Use an addon from `GET /api/v1/catalog/addons`, or one of the subscription’s own addons.',
  },
  'plan-exists': {
    status: 422,
    meaning: 'A plan with this code exists.',
    when: 'A plan is created with a code that is in use.',
    remedy: 'Create a new version of the existing plan, or choose another code.',
  },
  'invalid-plan': {
    status: 422,
    meaning: 'The terms of the plan are inconsistent.',
    when: 'An item of the plan breaks a rule of its charge model; `faults` lists all of them.',
    remedy: 'Correct the fields in `faults`.',
  },
  'invalid-price': {
    status: 422,
    meaning: 'A price is inconsistent.',
    when: 'A list of prices names a size twice, a price is given by month and by unit or neither, or a price with a mark-up lacks it.',
    remedy: 'Correct the price that `detail` names.',
  },
  'not-a-draft': {
    status: 422,
    meaning: 'The plan version is not a draft.',
    when: 'A published or retired version is edited, published again or deleted.',
    remedy: 'Create a new version. Published versions never change.',
  },
  'not-active': {
    status: 422,
    meaning: 'The plan version is not published.',
    when: 'A draft, or a version that was retired already, is retired.',
    remedy: 'Delete a draft instead; a retired version needs no further action.',
  },
  'published-meanwhile': {
    status: 422,
    meaning: 'Another version of the plan was published at the same time.',
    when: 'Two operators publish versions of one plan at once.',
    remedy: 'Read the plan again and decide which version is to be published.',
  },
  'currency-mismatch': {
    status: 422,
    meaning: 'The plan, addon or subscription is priced in another currency than the tenant is billed in.',
    when: 'A tenant is billed in one currency only.',
    remedy: 'Choose a plan or an addon in the currency of the tenant’s billing profile.',
  },
  'currency-in-use': {
    status: 422,
    meaning: 'The currency of the billing profile cannot be changed any more.',
    when: 'The tenant has a subscription or an invoice in the current currency.',
    remedy: 'Keep the currency; bill another currency through another tenant.',
  },
  'period-invoiced': {
    status: 422,
    meaning: 'The period is already invoiced.',
    when: 'A price or a manual line would change a month that has invoices.',
    remedy: 'Name a later month, or correct the invoice with a credit note.',
  },
  'kind-missing': {
    status: 422,
    meaning: 'The alert does not name a kind.',
    when: 'An alert on a quantity or on a percentage of the included quantity is created without `kind`.',
    remedy: 'Add `kind`.',
  },
  'threshold-missing': {
    status: 422,
    meaning: 'The alert has no threshold, or two different ones.',
    when: 'A `money` alert is created without `amount_cents`, another one without `value`, or both are given and differ.',
    remedy: 'Give `amount_cents` for `money` (500 is 5.00), or `value` in per cent for `included_percent`.',
  },
  'quote-not-found': {
    status: 422,
    meaning: 'The tenant has no such quote.',
    when: 'The quote id is unknown or belongs to another tenant.',
    remedy: 'Create a quote, or leave `quote_id` out.',
  },
  'quote-expired': {
    status: 422,
    meaning: 'The quote is no longer valid.',
    when: 'Its `valid_until` is over.',
    remedy: 'Create a new quote.',
  },
  'quote-mismatch': {
    status: 422,
    meaning: 'The subscription differs from the quote.',
    when: 'The plan, the version or the addons are not those of the quote.',
    remedy: 'Subscribe to exactly what was quoted, or leave `quote_id` out.',
  },
  'already-subscribed': {
    status: 422,
    meaning: 'The deployment already has a subscription at that time.',
    when: 'The new subscription would overlap an existing one.',
    remedy: 'Change the plan of the existing subscription, or start after it ends.',
  },
  'not-subscribed': {
    status: 422,
    meaning: 'The deployment has no subscription at that time.',
    when: 'A subscription is changed before it exists or after it ended.',
    remedy: 'Subscribe the deployment first.',
  },
  'lowers-current-month': {
    status: 422,
    meaning: 'The change would lower what the current month costs.',
    when: 'A tenant subscribes anew, or takes a cancellation back, in a month that would then cost less than without it.',
    remedy: 'Choose a plan that is not cheaper, send the request again next month, or ask the operator.',
  },
  'reason-missing': {
    status: 422,
    meaning: 'The operator’s change lowers a month that tenants cannot lower, and gives no reason.',
    when: 'An operator cancels, detaches an addon or moves to a cheaper plan before the end of the month without `reason`.',
    remedy: 'Add `reason`, or send `"when": "period_end"`.',
  },
  'already-ended': {
    status: 422,
    meaning: 'What is to be ended has ended already, or is going to end by then.',
    when: 'An addon that was detached is detached again.',
    remedy: 'No action is needed; `ends_at` of the addon shows its end.',
  },
  'deployment-ended': {
    status: 422,
    meaning: 'The deployment is cancelled or archived.',
    when: 'A deployment that has ended is subscribed to a plan.',
    remedy: 'Create a new deployment and subscribe that.',
  },
  'subscription-changed': {
    status: 422,
    meaning: 'The subscription has a later change.',
    when: 'A change is to take effect before another one that was already made.',
    remedy: 'Name a later time, or take the later change back first.',
  },
  'already-paused': {
    status: 422,
    meaning: 'The subscription is already paused.',
    when: 'It is paused again without having been resumed.',
    remedy: 'Resume it first, or leave it as it is.',
  },
  'nothing-to-resume': {
    status: 422,
    meaning: 'The subscription is neither paused nor about to end.',
    when: 'A subscription that is running normally is resumed.',
    remedy: 'No action is needed.',
  },
  'no-trial': {
    status: 422,
    meaning: 'The subscription has no trial.',
    when: 'A trial is ended that never existed or is over.',
    remedy: 'No action is needed.',
  },
} as const satisfies Record<string, ProblemType>;

/** Problems of invoices, payments and credit notes. */
export const invoiceProblems = {
  'not-issued': {
    status: 422,
    meaning: 'The invoice is a draft.',
    when: 'A PDF, a payment or a credit note is requested for an invoice that is not issued.',
    remedy: 'Wait until the invoice is issued.',
  },
  'invoice-void': {
    status: 422,
    meaning: 'The invoice is void.',
    when: 'A void invoice is paid, credited or voided again.',
    remedy: 'Use the invoice that replaced it; `replaced_by` names it.',
  },
  'invoice-paid': {
    status: 422,
    meaning: 'The invoice is paid and can no longer be replaced.',
    when: 'A paid invoice is voided or its period is invoiced again.',
    remedy: 'Correct it with a credit note.',
  },
  'already-paid': {
    status: 422,
    meaning: 'The invoice is already marked as paid.',
    when: 'A payment is recorded a second time.',
    remedy: 'No action is needed. Compare the payment reference in `detail`.',
  },
  'exceeds-due': {
    status: 422,
    meaning: 'The payment is more than what is due on the invoice.',
    when: 'A payment is recorded.',
    remedy: 'Record what is due (`amount_due_cents`), and the rest on another invoice.',
  },
  'adjustment-issued': {
    status: 422,
    meaning: 'A later invoice adjusts this one.',
    when: 'An invoice is replaced although another invoice contains an adjustment of it.',
    remedy: 'Correct it with a credit note.',
  },
  'credit-note-issued': {
    status: 422,
    meaning: 'The invoice has a credit note.',
    when: 'An invoice with a credit note is voided or replaced.',
    remedy: 'Correct it with a further credit note.',
  },
  'exceeds-invoice': {
    status: 422,
    meaning: 'The credit exceeds what is left of the invoice or of the line.',
    when: 'Earlier credit notes have credited a part of it.',
    remedy: 'Credit at most the amount that `detail` gives.',
  },
  'nothing-left': {
    status: 422,
    meaning: 'The invoice is credited completely.',
    when: 'Another credit note is requested after the whole amount was credited.',
    remedy: 'No action is needed.',
  },
  'nothing-to-refund': {
    status: 422,
    meaning: 'Nothing of the credit note is open.',
    when: 'A refund is recorded although the credit was applied to invoices or refunded already.',
    remedy: 'Read `applied_to` and `refunded_at` of the credit note.',
  },
  'line-not-found': {
    status: 422,
    meaning: 'The invoice has no such line, or the line cannot be credited.',
    when: '`line_id` belongs to another invoice.',
    remedy: 'Use a line id of `GET /api/v1/invoices/{invoice_id}`.',
  },
  'amount-out-of-range': {
    status: 422,
    meaning: 'An amount is too large to be represented exactly.',
    when: 'A quantity times its price exceeds the largest amount, 9,007,199,254,740,991 cents.',
    remedy: 'Correct the quantity or the price.',
  },
  'metering-unavailable': {
    status: 422,
    meaning: 'The period could not be closed because metering does not answer.',
    when: 'Invoices are requested together with the close while metering is down.',
    remedy: 'Send the request again when metering is ready.',
  },
} as const satisfies Record<string, ProblemType>;
