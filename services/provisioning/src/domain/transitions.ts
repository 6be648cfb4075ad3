import { type Actor, isOperator, type provisioning, type Refusal, refuse } from '@arcadia/contracts';

type State = provisioning.DeploymentState;

/** The one table of a deployment's life: from each state, where it may go. What is not here is refused. */
const table: Readonly<Record<State, readonly State[]>> = {
  trial: ['active', 'past_due', 'paused', 'suspended', 'cancelled'],
  active: ['past_due', 'paused', 'suspended', 'cancelled'],
  past_due: ['active', 'suspended', 'cancelled'],
  paused: ['active', 'cancelled'],
  suspended: ['active', 'cancelled'],
  cancelled: ['archived'],
  archived: [],
};

/** A tenant pauses, goes on and cancels by itself; what billing or an operator has stopped it cannot start again. */
const tenantTable: Readonly<Partial<Record<State, readonly State[]>>> = {
  trial: ['active', 'cancelled'],
  active: ['paused', 'cancelled'],
  paused: ['active', 'cancelled'],
};

export const allowedTransitions = (from: State): readonly State[] => table[from];

/** What stands against a transition, or null when nothing does. */
export function transitionRefusal(
  move: { from: State; to: State },
  actor: Actor,
): Refusal<'transition-not-allowed' | 'forbidden'> | null {
  const own = tenantTable[move.from] ?? [];
  const allowed = isOperator(actor) ? table[move.from] : own;
  if (!table[move.from].includes(move.to)) {
    const instead = allowed.length === 0 ? 'there is nothing that it can become' : `allowed are ${allowed.join(', ')}`;
    return refuse('transition-not-allowed', `A deployment that is ${move.from} cannot become ${move.to}: ${instead}.`, {
      from: move.from,
      to: move.to,
      allowed: [...allowed],
    });
  }
  if (allowed.includes(move.to)) return null;
  return refuse('forbidden', `Only an operator can make a deployment that is ${move.from} ${move.to}.`, {
    from: move.from,
    to: move.to,
    allowed: [...own],
  });
}
