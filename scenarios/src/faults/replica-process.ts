import { definitions } from '@arcadia/app';
import { createLog, playedClock, startService } from '@arcadia/platform';

/** What the parent asks of a replica; `at` sets the clock. */
export type Question = { id: number; what: 'quiet' | 'activity' | 'health' | 'clock'; at?: string };
export type Reply = { ready: true } | { id: number; value: unknown };

/**
 * A host with one replica of each of some services, as a process of its own. The arguments are the names of the services, the variable
 * `REPLICA` holds the environment of each, the file of the log and the time of the clock.
 */
export type ReplicaSettings = { at: string; log: string; env: Record<string, Record<string, string>> };

if (process.argv[1] === import.meta.filename) {
  const settings = JSON.parse(process.env['REPLICA'] ?? '{}') as ReplicaSettings;
  const clock = playedClock(Temporal.Instant.from(settings.at));
  process.once('disconnect', () => process.exit(0));
  let isStopping = false;
  const starting = process.argv.slice(2).map(async (name) => {
    const definition = definitions.find((each) => each.name === name);
    if (definition === undefined) throw new Error(`there is no service ${name}`);
    const log = createLog({ name, destination: settings.log });
    const service = await startService(definition, { env: settings.env[name] ?? {}, clock, log, scheduler: false });
    // As `runService` does: the supervisor starts the process again. One that stops in order closes its connections itself.
    void service.failed.then(() => process.exit(1));
    void service.bus.nc.closed().then(() => isStopping || process.exit(1));
    return service;
  });
  const services = await Promise.all(starting);
  const answer = async ({ what, at }: Question): Promise<unknown> => {
    if (what === 'clock') return clock.set(Temporal.Instant.from(at ?? ''));
    if (what === 'activity') return services.reduce((sum, service) => sum + service.activity(), 0);
    if (what === 'quiet')
      return (await Promise.all(services.map((service) => service.quiet({ inStreams: true })))).every(Boolean);
    return Promise.all(services.map((service) => service.health()));
  };
  process.on('message', (question: Question) => {
    answer(question).then(
      (value) => process.send?.({ id: question.id, value } satisfies Reply),
      () => process.send?.({ id: question.id, value: null } satisfies Reply),
    );
  });
  process.once('SIGTERM', () => {
    isStopping = true;
    void Promise.all(services.map((service) => service.stop())).then(() => process.exit(0));
  });
  process.send?.({ ready: true } satisfies Reply);
}
