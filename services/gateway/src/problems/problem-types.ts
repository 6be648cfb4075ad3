import { billingProblems } from './billing-problems.ts';
import { generalProblems } from './general-problems.ts';
import { inventoryProblems } from './inventory-problems.ts';
import { invoiceProblems, subscriptionProblems } from './invoicing-problems.ts';
import { meteringProblems } from './metering-problems.ts';
import { notificationProblems } from './notification-problems.ts';
import type { ProblemType } from './problem-type.ts';
import type { ProblemWord } from './problem-words.ts';
import { provisioningProblems } from './provisioning-problems.ts';

/** The table in groups, in the order in which the documentation lists them. */
export const problemGroups = [
  { title: 'Any request', problems: generalProblems },
  { title: 'Inventory', problems: inventoryProblems },
  { title: 'Usage and periods', problems: meteringProblems },
  { title: 'Catalog, quotes and subscriptions', problems: subscriptionProblems },
  { title: 'Invoices', problems: invoiceProblems },
  { title: 'Provider invoices', problems: billingProblems },
  { title: 'Deployments, sagas and drift', problems: provisioningProblems },
  { title: 'Notifications', problems: notificationProblems },
] as const;

/**
 * Every problem type by its word, with its status and its explanation: the one table that answers, `/openapi.json`,
 * `/problems/<type>` and docs/problems.md are made from. A refusal word of a contract without an entry does not compile.
 */
export const problemTypes = {
  ...generalProblems,
  ...inventoryProblems,
  ...meteringProblems,
  ...subscriptionProblems,
  ...invoiceProblems,
  ...billingProblems,
  ...provisioningProblems,
  ...notificationProblems,
} as const satisfies Record<ProblemWord, ProblemType>;

/** True for a word that has an entry. A service of a newer version may refuse with one that this gateway does not know. */
export const isProblemWord = (word: string): word is ProblemWord => Object.hasOwn(problemTypes, word);

/** The entry of a word, with the type that a switch over statuses needs. */
export const problemType = (word: ProblemWord): ProblemType => problemTypes[word];

/** The `type` of a problem: a reference to its page on the same gateway (RFC 9457, section 3.1.1). */
export const typeUri = (word: string): string => `/problems/${word}`;

/** `period-not-ended` → `Period not ended`. */
export const titleOf = (word: string): string => {
  const words = word.replaceAll('-', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
};
