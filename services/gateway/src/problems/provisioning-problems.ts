import type { ProblemType } from './problem-type.ts';

/** Problems of deployments, sagas, desired states and drift. */
export const provisioningProblems = {
  'already-exists': {
    status: 409,
    meaning: 'An object with this id or name exists already.',
    when: 'A deployment is created with an id or a slug that is in use, or a tenant with an id that exists.',
    remedy: 'Use the existing object, or choose another id or slug.',
  },
  'unknown-binding': {
    status: 422,
    meaning: 'The request names a project or a tag that the provider’s account does not have.',
    when: 'The name is misspelt, or it was made at the provider after the last sync; `near` lists the names that differ from it by at most two letters.',
    remedy:
      'Correct the name, or sync first: `POST /api/v1/inventory/sync`. For one that will be made later, set `allow_unknown_bindings`.',
  },
  'transition-not-allowed': {
    status: 422,
    meaning: 'The deployment cannot change from its current status to the requested one.',
    when: 'The transition is not in the table of transitions; `allowed` lists those that are.',
    remedy: 'Request one of the statuses in `allowed`.',
  },
  'invalid-inputs': {
    status: 422,
    meaning: 'The inputs do not fit this kind of saga.',
    when: 'A required input is missing, unknown or malformed.',
    remedy: 'Correct the inputs in `errors`.',
  },
  'confirmation-needed': {
    status: 422,
    meaning: 'The saga interrupts or deletes resources and needs explicit confirmation.',
    when: 'It is started, or a drift is reverted by it, without the confirmation that its kind requires.',
    remedy: 'Read what would be deleted, then repeat the request with the confirmation that `detail` names.',
  },
  'hard-cap-exceeded': {
    status: 422,
    meaning: 'The plan of the deployment caps this kind of usage, and the new resource would exceed the cap.',
    when: 'Metered usage, what runs, and the new resource until the end of the month (`expected`) are above `cap`.',
    remedy: 'Switch off or delete a resource, wait until the next month, or change to a plan with a higher cap.',
  },
  'not-retryable': {
    status: 409,
    meaning: 'The saga cannot be retried.',
    when: 'It has not failed, it reverts a drift, or its deployment has got droplets that its steps do not cover.',
    remedy: 'Wait until the saga ends, revert the drift again, or start a new saga; `detail` has the reason.',
  },
  'unknown-size': {
    status: 422,
    meaning: 'The provider has no such size.',
    when: '`size_slug` is misspelled or no longer offered.',
    remedy: 'Use a size slug that the provider offers.',
  },
  'unknown-region': {
    status: 422,
    meaning: 'The provider offers no such region.',
    when: '`region` is misspelled, or the region takes no new resources.',
    remedy: 'Use one of the near regions that `near` names, or another that the provider offers.',
  },
  'unknown-image': {
    status: 422,
    meaning: 'The provider has no such image.',
    when: '`image` is misspelled, or an image or snapshot that was deleted.',
    remedy: 'Use one of the near images that `near` names, or the id of a snapshot of the account.',
  },
  'unknown-template': {
    status: 422,
    meaning: 'There is no such template.',
    when: '`template_code` is none of the codes that this installation is configured with.',
    remedy: 'Use one of the near codes that `near` names, or add the code to `DEPLOYMENT_TEMPLATES`.',
  },
  'version-conflict': {
    status: 412,
    meaning: 'The desired state was changed since it was read.',
    when: 'The version in the request is not the current one; `spec_version` is.',
    remedy: 'Read the desired state again, apply the change to it and send its new version.',
  },
  'resource-id-mismatch': {
    status: 422,
    meaning: 'The resource id does not belong to this provider id.',
    when: 'The id in the path and `provider_id` in the body name different resources.',
    remedy: 'Use the id of the resource from `GET /api/v1/inventory`.',
  },
  'not-revertible': {
    status: 422,
    meaning: 'The drift cannot be reverted automatically.',
    when: 'No saga can restore this field.',
    remedy: 'Accept the drift, ignore it, or correct the resource by hand at the provider.',
  },
} as const satisfies Record<string, ProblemType>;
