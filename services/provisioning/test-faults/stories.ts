import { expect } from 'vitest';
import {
  cancelledOffboarding,
  offboarded,
  resumed,
  suspended,
  unwantedResumption,
  unwantedSuspension,
} from './deployment-stories.ts';
import {
  answered500,
  cancelledProvision,
  cancelledResize,
  cancelledRevert,
  irreversibleResize,
  notHandedOver,
  provisioned,
  resized,
  reverted,
} from './droplet-stories.ts';
import { type Story, statusesOf } from './story.ts';

/** The two teaching sagas run alike. */
const teaching = (kind: 'echo' | 'fail'): Story => ({
  name: `echo, echo, fail (${kind})`,
  prepare: async (stage) => ({
    start: () => stage.start(kind, {}),
    verify: async (saga) => {
      expect(saga.status).toBe('rolled_back');
      expect(statusesOf(saga)).toEqual(['compensated', 'compensated', 'failed']);
      expect(saga.error).toEqual({ compensate_from_idx: 1, reason: 'step_failed:fail' });
    },
  }),
});

/** The long stories first, so that none runs alone at the end. */
export const stories: readonly Story[] = [
  cancelledResize,
  irreversibleResize,
  unwantedSuspension,
  resized,
  reverted,
  unwantedResumption,
  suspended,
  offboarded,
  cancelledRevert,
  cancelledOffboarding,
  answered500,
  notHandedOver,
  cancelledProvision,
  resumed,
  provisioned,
  teaching('echo'),
  teaching('fail'),
];
