import type { provisioning } from '@arcadia/contracts';

type State = provisioning.DeploymentState;

export type Standing = {
  state: State;
  /** Who moved it into that state. */
  stateBy: 'person' | 'billing' | 'saga';
  /** An operator holds billing's actions on it (`billing_action_suspended`). */
  isHeld: boolean;
  /** It has an invoice that is overdue and not settled. */
  hasOverdue: boolean;
};

/**
 * The state to which billing moves a deployment, or null. A payment undoes only what billing did: a deployment that a person
 * suspended stays suspended.
 */
export function billingMove(standing: Standing): State | null {
  if (standing.isHeld) return null;
  if (standing.hasOverdue) return standing.state === 'active' || standing.state === 'trial' ? 'past_due' : null;
  if (standing.state === 'past_due') return 'active';
  return null;
}

/** A deployment that billing suspended is resumed by the resume saga, because its droplets are off. */
export function isResumedByPayment(standing: Standing): boolean {
  return !standing.isHeld && !standing.hasOverdue && standing.state === 'suspended' && standing.stateBy === 'billing';
}

/** The actor of every change that follows from invoices. */
export const billingActor = 'service:provisioning/billing';
