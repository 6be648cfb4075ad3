import { existsSync } from 'node:fs';
import {
  type Bus,
  connectBus,
  createLog,
  type Env,
  type NatsAccess,
  natsAccess,
  type RequestSigner,
  requestSignerOf,
} from '@arcadia/platform';
import { operatorOfContainers } from './env-file.ts';
import { homesFolder, runningHomes } from './home.ts';
import { actorVariables } from './infrastructure.ts';

export const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

/** Runs work with the operator's connection to NATS. */
export const withBus = async (work: (bus: Bus) => Promise<void>): Promise<void> => {
  const { signer, ...access } = natsOfStack();
  const bus = await connectBus(access, {
    name: 'operator',
    signer,
    log: createLog({ name: 'arcadia', level: 'silent' }),
  });
  try {
    await work(bus);
  } finally {
    await bus.close();
  }
};

type Access = NatsAccess & { signer: RequestSigner };

const accessOf = (env: Env): Access => ({
  ...natsAccess('operator', env),
  signer: requestSignerOf('operator', env),
});

/**
 * Access to the NATS server of the environment, or else of the only stack that `npm start` runs on this machine, or else of the containers that
 * `.env` in this checkout has the secrets of.
 */
const natsOfStack = (): Access => {
  if (process.env.NATS_URL) return accessOf(process.env);
  const homes = existsSync(homesFolder) ? runningHomes(homesFolder) : [];
  const [home, ...others] = homes;
  if (home === undefined) {
    const containers = operatorOfContainers();
    if (containers !== null) return accessOf(containers);
    throw new Error(
      'No stack is running on this machine; run npm start, or set NATS_URL, NATS_USER and NATS_PASSWORD.',
    );
  }
  if (others.length > 0)
    throw new Error(
      'Several stacks are running on this machine; set NATS_URL, NATS_USER and NATS_PASSWORD to choose one.',
    );
  const keys = { NATS_URL: home.nats, ...actorVariables(home.secrets, 'operator') };
  return {
    servers: [home.nats],
    user: 'operator',
    pass: home.secrets.operator,
    signer: requestSignerOf('operator', keys),
  };
};
