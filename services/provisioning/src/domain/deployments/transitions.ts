import { type Actor, isOperator, type provisioning, type Refusal, refuse } from '@arcadia/contracts';

type State = provisioning.DeploymentState;

/** The transitions of a deployment: from each state, the states it may move to. All others are refused. */
const table: Readonly<Record<State, readonly State[]>> = {
  trial: ['active', 'past_due', 'paused', 'suspended', 'cancelled'],
  active: ['past_due', 'paused', 'suspended', 'cancelled'],
  past_due: ['active', 'suspended', 'cancelled'],
  paused: ['active', 'cancelled'],
  suspended: ['active', 'cancelled'],
  cancelled: ['archived'],
  archived: [],
};

/** The transitions that a tenant may make. It cannot resume a deployment that billing or an operator has stopped. */
const tenantTable: Readonly<Partial<Record<State, readonly State[]>>> = {
  trial: ['active', 'cancelled'],
  active: ['paused', 'cancelled'],
  paused: ['active', 'cancelled'],
};

export const allowedTransitions = (from: State): readonly State[] => table[from];

/** @returns why a transition is refused, or null when it is allowed */
export function transitionRefusal(
  move: { from: State; to: State },
  actor: Actor,
): Refusal<'transition-not-allowed' | 'forbidden'> | null {
  const own = tenantTable[move.from] ?? [];
  const allowed = isOperator(actor) ? table[move.from] : own;
  if (!table[move.from].includes(move.to)) {
    const instead = allowed.length === 0 ? 'no transition is allowed' : `allowed are ${allowed.join(', ')}`;
    return refuse('transition-not-allowed', `A deployment that is ${move.from} cannot become ${move.to}: ${instead}.`, {
      from: move.from,
      to: move.to,
      allowed: [...allowed],
    });
  }
  if (allowed.includes(move.to)) return null;
  return refuse('forbidden', `Only an operator can move a deployment from ${move.from} to ${move.to}.`, {
    from: move.from,
    to: move.to,
    allowed: [...own],
  });
}
