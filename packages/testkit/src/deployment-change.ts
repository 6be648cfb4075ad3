import type { EventData, provisioning } from '@arcadia/contracts';

type Change = EventData<typeof provisioning.deploymentChanged>;

/** The data of a `deployment.changed` event for a created deployment; fields that a test does not give have defaults. */
export const deploymentChangeOf = (
  given: Pick<Change, 'deployment_id' | 'tenant_id' | 'slug'> & Partial<Change>,
): Change => ({
  display_name: given.slug,
  region: null,
  state: 'active',
  llm_mode: null,
  billing_action_suspended: false,
  template_code: null,
  template_version: null,
  project_bindings: [],
  tag_bindings: [],
  created_at: '2026-01-01T00:00:00Z',
  revision: 1,
  effective_at: '2026-01-01T00:00:00Z',
  change: 'created',
  previous_state: null,
  actor: { subject: 'op' },
  reason: null,
  ...given,
});
