import type { EventData, provisioning, RequestOutput } from '@arcadia/contracts';

export type DeploymentView = RequestOutput<typeof provisioning.getDeployment>;

/** A deployment as provisioning keeps it: its public fields, and who moved it into its state. */
export type Deployment = DeploymentView & { effective_at: string; state_by: 'person' | 'billing' | 'saga' };

/** The fields that an update may name. */
export const changeable = [
  'display_name',
  'region',
  'llm_mode',
  'billing_action_suspended',
  'template_code',
  'template_version',
  'project_bindings',
  'tag_bindings',
] as const satisfies readonly (keyof DeploymentView)[];

/** The fields that a tenant may change itself. */
export const changeableByTenant: ReadonlySet<string> = new Set(['display_name', 'llm_mode']);

/** A change of a deployment: its kind, actor and reason, and when it takes effect. */
export type Change = {
  change: 'created' | 'updated' | 'transitioned';
  actor: string;
  reason: string | null;
  effectiveAt: Temporal.Instant;
};

/** The deployment after a change, with the next revision. */
export function changed(
  before: Deployment,
  patch: Partial<Deployment>,
  change: Change,
  now: Temporal.Instant,
): Deployment {
  return {
    ...before,
    ...patch,
    revision: before.revision + 1,
    effective_at: change.effectiveAt.toString(),
    updated_at: now.toString(),
  };
}

export const viewOf = ({ effective_at: _from, state_by: _by, ...view }: Deployment): DeploymentView => view;

export function deploymentChangedOf(
  after: Deployment,
  previous: Deployment | null,
  change: Change,
): EventData<typeof provisioning.deploymentChanged> {
  const { updated_at: _at, ...view } = viewOf(after);
  return {
    ...view,
    effective_at: after.effective_at,
    change: change.change,
    previous_state: previous?.state ?? null,
    actor: { subject: change.actor },
    reason: change.reason,
  };
}

/**
 * The projects and tags that a deployment claims. Each belongs to one deployment at most. Tags that differ only in case are one tag,
 * as they are at the provider.
 */
export const claimsOf = (deployment: Pick<DeploymentView, 'project_bindings' | 'tag_bindings'>): string[] => [
  ...deployment.project_bindings.map(
    ({ provider, provider_project_id }) => `project:${provider}:${provider_project_id}`,
  ),
  ...deployment.tag_bindings.map((tag) => `tag:${tag.toLowerCase()}`),
];

/** The tag that attributes a resource to a deployment, whatever the deployment's bindings are. */
export const deploymentTag = (deploymentId: string): string => `deployment:${deploymentId}`;
