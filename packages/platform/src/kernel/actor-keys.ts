import {
  type ActorHeader,
  privateActorKey,
  publicActorKey,
  signedActors,
  unsignedActors,
} from '../requests/actor-signature.ts';
import { ConfigError, type Env, natsAccess, serviceVariable } from './config.ts';

/**
 * How a service signs and verifies the actors of requests. With a NATS login both variables are required; a server without logins
 * protects nothing, so they may be absent there.
 * @throws ConfigError when a variable is missing or holds no key
 */
export function actorHeaderOf(service: string, env: Env): ActorHeader {
  const own = serviceVariable(service, 'ACTOR_SIGNING_KEY', env);
  const listed = serviceVariable(service, 'ACTOR_KEYS', env);
  if (own === undefined && listed === undefined && natsAccess(service, env).user === undefined) return unsignedActors();
  if (own === undefined || listed === undefined)
    throw new ConfigError(
      `${service} needs ACTOR_SIGNING_KEY and ACTOR_KEYS; \`node scripts/new-secrets.mjs\` makes them.`,
    );
  const trusted = new Map<string, ReturnType<typeof publicActorKey>[]>();
  for (const entry of listed.split(/[\s,]+/).filter(Boolean)) {
    const [name = '', key = ''] = entry.split(':');
    trusted.set(name, [...(trusted.get(name) ?? []), keyOf('ACTOR_KEYS', () => publicActorKey(key))]);
  }
  return signedActors({ name: service, own: keyOf('ACTOR_SIGNING_KEY', () => privateActorKey(own)), trusted });
}

function keyOf<Key>(variable: string, read: () => Key): Key {
  try {
    return read();
  } catch (cause) {
    throw new ConfigError(`${variable} holds a text that is no Ed25519 key in base64url.`, { cause });
  }
}
