import { type ActorKeys, privateActorKey, publicActorKey, publicTextOf } from '../requests/actor-keys.ts';
import { type RequestSigner, signedRequests, unsignedRequests } from '../requests/request-signature.ts';
import { type Clock, systemClock } from './clock.ts';
import { ConfigError, type Env, natsAccess, serviceVariable } from './config.ts';

/**
 * How a service signs and verifies requests. With a NATS login both variables are required; a server without logins protects
 * nothing, so they may be absent there. The age of a request is measured by `clock`.
 * @throws ConfigError when a variable is missing or holds no key, or the two do not belong together
 */
export function requestSignerOf(service: string, env: Env, clock: Clock = systemClock): RequestSigner {
  const own = serviceVariable(service, 'ACTOR_SIGNING_KEY', env);
  const listed = serviceVariable(service, 'ACTOR_KEYS', env);
  // Asked first, so that a login without an address has its missing keys named together with the address.
  const hasLogin = serviceVariable(service, 'NATS_USER', env) !== undefined;
  if (own === undefined && listed === undefined && !hasLogin && natsAccess(service, env).user === undefined)
    return unsignedRequests();
  if (own === undefined || listed === undefined)
    throw new ConfigError(
      `${service} needs ACTOR_SIGNING_KEY and ACTOR_KEYS; \`node scripts/new-secrets.mjs\` makes them.`,
    );
  const entries = listed.split(/[\s,]+/).flatMap((entry) => (entry === '' ? [] : [entry.split(':', 2)]));
  const ownText = keyOf('ACTOR_SIGNING_KEY', () => publicTextOf(own));
  if (!entries.some(([name, key]) => name === service && key === ownText))
    throw new ConfigError(
      `ACTOR_KEYS does not list ${service}:${ownText}, the public key of ACTOR_SIGNING_KEY; \`node scripts/new-secrets.mjs --add .env\` prints the list.`,
    );
  const known = new Map<string, ReturnType<typeof publicActorKey>[]>();
  for (const [name = '', key = ''] of entries)
    known.set(name, [...(known.get(name) ?? []), keyOf('ACTOR_KEYS', () => publicActorKey(key))]);
  const keys: ActorKeys = { name: service, own: privateActorKey(own), known };
  return keyOf('ACTOR_KEYS', () => signedRequests(keys, millisecondsOf(clock)));
}

const readEachMs = 5;

/** A clock in milliseconds that is read every 5 ms at most: reading it takes as long as signing, and a signature holds for a minute. */
function millisecondsOf(clock: Clock): () => number {
  let readAtMs = -Infinity;
  let milliseconds = 0;
  return () => {
    const nowMs = performance.now();
    if (nowMs - readAtMs < readEachMs) return milliseconds;
    readAtMs = nowMs;
    milliseconds = clock.now().epochMilliseconds;
    return milliseconds;
  };
}

function keyOf<Key>(variable: string, read: () => Key): Key {
  try {
    return read();
  } catch (cause) {
    throw new ConfigError(`${variable} holds a text that is no X25519 key in base64url.`, { cause });
  }
}
