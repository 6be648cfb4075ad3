import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import type { Env } from '@arcadia/platform';

const checkout = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');

/** The variables of `.env` beside docker-compose.yml; none if there is no such file. */
export function readEnvFile(folder = checkout): Env {
  const file = path.join(folder, '.env');
  return existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {};
}

/**
 * How the operator reaches NATS in the containers of `.env`, from the machine that they run on; null without such containers. Servers
 * of a cluster are known by `COMPOSE_FILE`.
 */
export function operatorOfContainers(folder = checkout): Env | null {
  const { COMPOSE_FILE, OPERATOR_PASSWORD, OPERATOR_SIGNING_KEY, ACTOR_KEYS } = readEnvFile(folder);
  if (!OPERATOR_PASSWORD) return null;
  const isCluster = COMPOSE_FILE?.includes('compose.cluster.yml') === true;
  return {
    NATS_URL: isCluster ? 'tls://127.0.0.1:4222' : 'nats://127.0.0.1:4222',
    ...(isCluster ? { NATS_CA_PATH: path.join(folder, 'tls/ca.crt') } : {}),
    NATS_USER: 'operator',
    NATS_PASSWORD: OPERATOR_PASSWORD,
    ACTOR_SIGNING_KEY: OPERATOR_SIGNING_KEY,
    ACTOR_KEYS,
  };
}
