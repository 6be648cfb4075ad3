import type { provisioning } from '@arcadia/contracts';

type State = provisioning.DeploymentState;

export type Standing = {
  state: State;
  /** Who brought it into that state. */
  stateBy: 'person' | 'billing' | 'saga';
  /** The operator's override. */
  isHeld: boolean;
  /** Whether an invoice of it is overdue and not settled. */
  hasOverdue: boolean;
};

/**
 * Where billing moves a deployment by itself, or null. Only what billing did is undone by a payment: what a person has
 * suspended stays suspended.
 */
export function billingMove(standing: Standing): State | null {
  if (standing.isHeld) return null;
  if (standing.hasOverdue) return standing.state === 'active' || standing.state === 'trial' ? 'past_due' : null;
  if (standing.state === 'past_due') return 'active';
  return null;
}

/** A deployment that billing has suspended goes on by the resume saga, since its droplets are off. */
export function isResumedByPayment(standing: Standing): boolean {
  return !standing.isHeld && !standing.hasOverdue && standing.state === 'suspended' && standing.stateBy === 'billing';
}
