import { ConfigError, createLog, startService } from '@arcadia/platform';
import { expect, test } from 'vitest';
import { definitions } from './definitions.ts';

const log = createLog({ name: 'test', level: 'silent' });
/** What a service needs beyond what all of them do. */
const needed: Readonly<Record<string, readonly string[]>> = {
  gateway: ['JWT_SECRET'],
  notifications: ['NOTIFICATIONS_KEY'],
};

test.each(definitions.map((definition) => [definition.name, definition] as const))(
  '%s names everything that it lacks at once',
  async (name, definition) => {
    const env = { NATS_USER: name, DATABASE_CONNECTIONS: 'many' };
    const error = await startService(definition, { env, log }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ConfigError);
    const { message } = error as ConfigError;
    const common = [
      'NATS_URL',
      'NATS_PASSWORD',
      'ACTOR_SIGNING_KEY',
      'ACTOR_KEYS',
      'DATABASE_URL',
      'DATABASE_CONNECTIONS',
    ];
    const unnamed = [...common, ...(needed[name] ?? [])].filter((variable) => !message.includes(variable));
    expect(unnamed).toEqual([]);
    expect(message).not.toContain('Invalid input');
  },
);
