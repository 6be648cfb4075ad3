import type { NatsUser } from '@arcadia/local-infrastructure';

export type TestPostgres = {
  /** The URL for the superuser. */
  readonly url: string;
  stop(): Promise<void>;
  /** Crashes the server and starts it again on the same port and data. */
  restart(): Promise<void>;
};

export type TestNats = {
  readonly url: string;
  stop(): Promise<void>;
  /** Kills the server with SIGKILL. */
  kill(): Promise<void>;
  /** Starts the server again on the same port and store, after `stop` or `kill`. */
  start(): Promise<void>;
};

/** A way to start servers for tests. */
export type Infra = {
  readonly kind: 'containers' | 'embedded';
  postgres(): Promise<TestPostgres>;
  nats(options?: { users?: readonly NatsUser[]; durable?: boolean }): Promise<TestNats>;
};
