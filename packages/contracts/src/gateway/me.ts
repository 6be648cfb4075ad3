import { z } from 'zod';
import { actor, everyone } from '../actor.ts';
import { defineRequest } from '../define.ts';
import { instantText } from '../time.ts';

export const getCaller = defineRequest({
  name: 'me.get',
  service: 'gateway',
  summary: 'Get the caller of the token: subject, tenant and roles, with the present time of the services.',
  effect: 'read',
  roles: everyone,
  input: z.strictObject({}),
  output: actor.extend({
    expires_at: instantText.describe('When the token expires, by the wall clock.'),
    now: instantText.describe(
      'The present time of the services; it differs from the wall clock while a month is played.',
    ),
  }),
  refusals: [],
});
