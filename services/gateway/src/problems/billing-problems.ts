import type { ProblemType } from './problem-type.ts';

/** Problems of the provider's invoices, allocation rules and exchange rates. */
export const billingProblems = {
  'not-ingested': {
    status: 422,
    meaning: 'The provider invoice has not been read yet.',
    when: 'Matching or acceptance is requested for an invoice without lines.',
    remedy: 'Request `POST /api/v1/billing/invoices/{invoice_uuid}/reingest` and wait until it is read.',
  },
  'no-difference': {
    status: 409,
    meaning: 'The provider invoice has no difference that could be accepted.',
    when: 'Its totals agree, or their difference is accepted already.',
    remedy: 'Read `GET /api/v1/billing/invoices/{invoice_uuid}`; nothing is left to do.',
  },
  'invalid-file': {
    status: 422,
    meaning: 'The file cannot be used.',
    when: 'A row or column of a CSV file of exchange rates or list prices is missing or malformed.',
    remedy: 'Correct the row that `detail` names.',
  },
  'invalid-rate': {
    status: 422,
    meaning: 'An exchange rate cannot be used, or none was given.',
    when: 'A rate is not positive, its currency is unknown, or both currencies are the same.',
    remedy: 'Correct the rate that `detail` names.',
  },
  'shares-exceed-one': {
    status: 422,
    meaning: 'The shares of the allocation rule exceed 1.',
    when: 'A share is not between 0 and 1, or all of them together exceed 1.',
    remedy: 'Reduce the shares. What they leave open stays unallocated.',
  },
  'share-without-target': {
    status: 422,
    meaning: 'A share of the allocation rule names no valid target.',
    when: 'It names a deployment without its tenant, or an operator share with one.',
    remedy: 'Name a deployment with its tenant, a tenant alone, or the operator without either.',
  },
  'tenant-mismatch': {
    status: 422,
    meaning: 'A share names a deployment with another tenant than its own.',
    when: 'The deployment belongs to another tenant.',
    remedy: 'Name the deployment with the tenant that `detail` gives.',
  },
} as const satisfies Record<string, ProblemType>;
