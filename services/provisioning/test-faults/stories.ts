import { expect } from 'vitest';
import { deploymentStories } from './deployment-stories.ts';
import { dropletStories } from './droplet-stories.ts';
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

/** The short stories last, so that no long one runs alone at the end. */
export const stories: readonly Story[] = [...deploymentStories, ...dropletStories, teaching('echo'), teaching('fail')];
