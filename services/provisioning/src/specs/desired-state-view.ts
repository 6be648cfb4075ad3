import type { provisioning, RequestOutput } from '@arcadia/contracts';
import type { DesiredRow } from '../store/specs/desired-states.ts';

/** A desired state as requests are answered with it: without the revision, which counts its events. */
export const desiredStateView = ({
  revision: _revision,
  ...row
}: DesiredRow): RequestOutput<typeof provisioning.getDesiredState> => row;
