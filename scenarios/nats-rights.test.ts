import { natsLogins } from '@arcadia/app';
import { type ServiceName, services, streams } from '@arcadia/contracts';
import { createLog, installerRights, type RunningInstaller, startInstaller } from '@arcadia/platform';
import { type TestNats, throwawayNats } from '@arcadia/testkit';
import { AckPolicy, type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection, PermissionViolationError } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allDurables, forbiddenToPublish, forbiddenToSubscribe } from './src/nats-attempts.ts';

const names = Object.keys(services) as ServiceName[];
const password = 'x';

let nats: TestNats & AsyncDisposable;
let installer: RunningInstaller;
let operator: NatsConnection;
let jsm: JetStreamManager;

const connectAs = (user: string): Promise<NatsConnection> =>
  connect({ servers: nats.url, user, pass: password, inboxPrefix: `_INBOX.${user}` });

beforeAll(async () => {
  nats = await throwawayNats({ users: natsLogins(() => password) });
  const env = { NATS_URL: nats.url, NATS_USER: 'installer', NATS_PASSWORD: password };
  installer = await startInstaller({ env, log: createLog({ name: 'installer', level: 'silent' }) });
  operator = await connectAs('operator');
  jsm = await jetstreamManager(operator);
  for (const { stream, durable } of allDurables)
    await jsm.consumers.add(stream, { durable_name: durable, ack_policy: AckPolicy.Explicit });
  for (const { subjects } of Object.values(streams))
    for (const subject of subjects) await operator.request(subject.replace('>', '2026-04.acme.kept'), '{}');
});

afterAll(async () => {
  await operator?.close();
  await installer?.stop();
  await nats?.[Symbol.asyncDispose]();
});

/** The messages, settings and consumers of every stream, except times. */
const stateOfAll = async (): Promise<unknown> => {
  const found: unknown[] = [];
  for await (const { config, state } of jsm.streams.list()) {
    const consumers: unknown[] = [];
    for await (const each of jsm.consumers.list(config.name))
      consumers.push([
        each.config,
        each.paused,
        each.delivered.stream_seq,
        each.ack_floor.stream_seq,
        each.num_waiting,
      ]);
    found.push([config, state.messages, state.last_seq, consumers]);
  }
  return found;
};

/** The subjects of all attempts that the server refuses on this connection. */
const refusedOn = (nc: NatsConnection): Set<string> => {
  const refused = new Set<string>();
  void (async () => {
    for await (const status of nc.status())
      if (status.type === 'error' && status.error instanceof PermissionViolationError)
        refused.add(`${status.error.operation} ${status.error.subject} ${status.error.queue ?? ''}`.trim());
  })();
  return refused;
};

describe.each([...names, 'installer' as const])('with the password of %s', (user) => {
  const service = user === 'installer' ? null : user;

  test('nothing can be published, requested, acknowledged or captured that is not its own', async () => {
    const nc = await connectAs(user);
    const refused = refusedOn(nc);
    const mayInstall = new Set<string>(service === null ? installerRights.publish : []);
    const attempts = forbiddenToPublish(service ?? 'gateway').filter((subject) => !mayInstall.has(subject));
    const before = await stateOfAll();
    for (const subject of attempts) nc.publish(subject, '{}', { reply: `_INBOX.${user}.x` });
    await nc.flush();
    const allowed = () => attempts.filter((subject) => !refused.has(`publish ${subject}`));
    await expect.poll(allowed, { timeout: 5_000 }).toEqual([]);
    expect(await stateOfAll()).toEqual(before);
    expect(attempts.length).toBeGreaterThan(500);
    await nc.close();
  });

  test('nothing can be listened to or answered that is not its own', async () => {
    const nc = await connectAs(user);
    const refused = refusedOn(nc);
    const subjects = forbiddenToSubscribe(service ?? 'gateway').filter((subject) => subject !== `_INBOX.${user}.>`);
    const ignore = { callback: () => undefined };
    for (const subject of subjects) {
      nc.subscribe(subject, ignore);
      nc.subscribe(subject, { ...ignore, queue: 'evil' });
    }
    await nc.flush();
    const attempts = subjects.flatMap((subject) => [`subscription ${subject}`, `subscription ${subject} evil`]);
    const allowed = () => attempts.filter((attempt) => !refused.has(attempt));
    await expect.poll(allowed, { timeout: 5_000 }).toEqual([]);
    expect(attempts.length).toBeGreaterThan(200);
    await nc.close();
  });
});
