import { randomBytes } from 'node:crypto';
import { services } from '@arcadia/contracts';
import { publicTextOf } from '@arcadia/platform';

const signers = [...Object.keys(services), 'installer', 'operator'];
const keys = new Map(signers.map((name) => [name, randomBytes(32).toString('base64url')]));

/** The variables with which a service, or the operator, signs and verifies requests, for tests on a server with logins. */
export const testActorVariables = (name: string): { ACTOR_SIGNING_KEY: string; ACTOR_KEYS: string } => ({
  ACTOR_SIGNING_KEY: keys.get(name) ?? '',
  ACTOR_KEYS: Array.from(keys, ([signer, key]) => `${signer}:${publicTextOf(key)}`).join(','),
});
