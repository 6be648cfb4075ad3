import type { ProblemType } from './problem-type.ts';

/** Problems of resources, attribution, projects and sweeps. */
export const inventoryProblems = {
  'invalid-attribution': {
    status: 422,
    meaning: 'The attribution names both a deployment and the automatic rules, or neither.',
    when: 'A resource is attributed by hand with an inconsistent body.',
    remedy: 'Send `deployment_id` (or null to leave the resource unattributed), or `automatic: true`, but not both.',
  },
  'invalid-classification': {
    status: 422,
    meaning: 'The project’s classification is inconsistent.',
    when: 'A project is classified with fields that do not go together.',
    remedy: 'Correct the fields as `detail` explains.',
  },
  'effective-at-refused': {
    status: 422,
    meaning: 'The change cannot take effect at this time.',
    when: '`effective_at` is in the future, before the object exists, after it ended or before a later change.',
    remedy: 'Name a time within the limits that `detail` gives, or leave `effective_at` out.',
  },
  'sweep-not-parked': {
    status: 422,
    meaning: 'The sweep does not wait for confirmation.',
    when: 'It was confirmed already, was replaced by a newer sweep, or never needed confirmation.',
    remedy: 'Look at `GET /api/v1/inventory/sync` for the sweeps that wait.',
  },
} as const satisfies Record<string, ProblemType>;
