import type { NatsUser } from '@arcadia/local-infrastructure';
import { busRights, installerRights, operatorRights } from '@arcadia/platform';
import { definitions } from './definitions.ts';

/**
 * The NATS users of all services, each with the rights that follow from its definition; `installer`, which creates the streams; and
 * `operator`, who may do everything, for the command line, the player and the `nats` tool.
 */
export const natsLogins = (passwordOf: (user: string) => NatsUser['password']): NatsUser[] => [
  ...definitions.map((definition) => ({
    name: definition.name,
    password: passwordOf(definition.name),
    ...busRights(definition),
  })),
  { name: 'installer', password: passwordOf('installer'), ...installerRights },
  { name: 'operator', password: passwordOf('operator'), ...operatorRights },
];
