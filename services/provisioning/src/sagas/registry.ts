import { provisioning } from '@arcadia/contracts';
import type { QuotedSaga, Saga } from './define-saga.ts';
import { echo } from './kinds/echo.ts';
import { fail } from './kinds/fail.ts';
import { offboard } from './kinds/offboard.ts';
import { provisionDroplet } from './kinds/provision-droplet.ts';
import { resizeDroplet } from './kinds/resize-droplet.ts';
import { resume } from './kinds/resume.ts';
import { suspend } from './kinds/suspend.ts';
import type { BoundStep } from './step.ts';

type Registry = {
  readonly [Kind in provisioning.SagaKind]: Kind extends provisioning.QuotedSagaKind ? QuotedSaga<Kind> : Saga<Kind>;
};

/** The sagas of every kind that the contract names. */
export const sagas: Registry = {
  provision_droplet: provisionDroplet,
  resize_droplet: resizeDroplet,
  suspend,
  resume,
  offboard,
  echo,
  fail,
};

/** The steps of a stored saga, or null when this version of the program does not know its kind. */
export function stepsOf(kind: string, stored: unknown): readonly BoundStep[] | null {
  const known = provisioning.sagaKind.safeParse(kind);
  return known.success ? sagas[known.data].steps(stored) : null;
}
