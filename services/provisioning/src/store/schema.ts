import type { Json, provisioning } from '@arcadia/contracts';
import type { ColumnType, JSONColumnType } from 'kysely';
import type { Direction, SagaError, SagaStatus } from '../domain/sagas/saga.ts';

type State = provisioning.DeploymentState;
/** Read as RFC 3339 text ending in Z, written as the same. */
type Instant = string;
/** Read parsed, written as JSON text. */
type JsonColumn<Value extends object> = JSONColumnType<Value, string, string>;
type NullableJson<Value> = ColumnType<Value | null, string | null, string | null>;

export type DeploymentTable = {
  deployment_id: string;
  tenant_id: string;
  slug: string;
  display_name: string;
  region: string | null;
  state: State;
  state_by: 'person' | 'billing' | 'saga';
  llm_mode: string | null;
  billing_action_suspended: boolean;
  template_code: string | null;
  template_version: string | null;
  project_bindings: JsonColumn<{ provider: string; provider_project_id: string }[]>;
  tag_bindings: JsonColumn<string[]>;
  revision: number;
  created_at: Instant;
  effective_at: Instant;
  updated_at: Instant;
};

export type DeploymentEventTable = {
  deployment_id: string;
  revision: number;
  change: 'created' | 'updated' | 'transitioned';
  previous_state: State | null;
  state: State;
  changed: JsonColumn<Record<string, Json>>;
  actor: string;
  reason: string | null;
  effective_at: Instant;
};

export type SagaTable = {
  saga_id: string;
  kind: string;
  status: SagaStatus;
  step_names: string[];
  current_index: number;
  inputs: JsonColumn<Record<string, Json>>;
  context: JsonColumn<Record<string, Json>>;
  error: NullableJson<SagaError>;
  deployment_id: string | null;
  tenant_id: string | null;
  resource_id: string | null;
  drift_id: string | null;
  drift_request: number | null;
  works_on: string | null;
  is_cancel_requested: ColumnType<boolean, boolean | undefined, boolean>;
  cancelled_by: string | null;
  turn: ColumnType<number, number | undefined, number>;
  attempt: ColumnType<number, number | undefined, number>;
  attempts_before: ColumnType<number, number | undefined, number>;
  lease_token: string | null;
  lease_until: Instant | null;
  step_deadline: Instant | null;
  next_turn_at: Instant | null;
  waiting_for: string | null;
  waits: ColumnType<number, number | undefined, number>;
  next_orphan_search_at: ColumnType<Instant | null, Instant | undefined, Instant | null>;
  revision: number;
  started_by: string;
  created_at: Instant;
  changed_at: Instant;
  finished_at: Instant | null;
};

export type StepResultTable = {
  saga_id: string;
  index: number;
  name: string;
  status: 'running' | 'completed' | 'failed' | 'compensated';
  output: NullableJson<Record<string, Json>>;
  error: string | null;
  compensation_error: string | null;
  attempts: number;
  started_at: Instant;
  finished_at: Instant | null;
};

export type StepAttemptTable = {
  saga_id: string;
  index: number;
  direction: Direction;
  attempt: number;
  outcome: 'running' | 'completed' | 'failed' | 'abandoned';
  error: string | null;
  replica: string;
  started_at: Instant;
  finished_at: Instant | null;
};

export type SagaOrphanTable = {
  saga_id: string;
  kind: string;
  provider_id: string;
  name: string;
  found_at: Instant;
  removed_at: Instant | null;
  kept_because: string | null;
};

export type ProvisionedTable = {
  resource_id: string;
  provider: string;
  kind: string;
  provider_id: string;
  deployment_id: string | null;
  tenant_id: string | null;
  spec: NullableJson<Record<string, Json>>;
  spec_version: number;
  saga_id: string | null;
  revision: number;
  updated_at: Instant;
};

export type KnownResourceTable = {
  resource_id: string;
  provider: string;
  kind: string;
  provider_id: string;
  name: string;
  status: string | null;
  is_present: boolean;
  deployment_id: string | null;
  tenant_id: string | null;
  effective_at: Instant;
  revision: number;
  created_at: Instant | null;
  attributed_by: string | null;
  attrs: Record<string, Json>;
};

/** The tables of the schema `provisioning`. */
export type Tables = {
  tenants: { tenant_id: string };
  cloud_deployments: DeploymentTable;
  cloud_deployment_events: DeploymentEventTable;
  binding_claims: { claim: string; deployment_id: string };
  billing_standing: {
    invoice_id: string;
    deployment_id: string;
    overdue_at: Instant | null;
    settled_at: Instant | null;
  };
  saga_runs: SagaTable;
  saga_step_results: StepResultTable;
  saga_step_attempts: StepAttemptTable;
  saga_orphans: SagaOrphanTable;
  cloud_provisioned: ProvisionedTable;
  drift_replies: { drift_id: string; request: number; saga_id: string | null; outcome: string | null };
  known_resources: KnownResourceTable;
};
