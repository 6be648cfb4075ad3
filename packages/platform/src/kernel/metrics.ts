import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Not among the labels are `job` and `instance`, which Prometheus gives to every sample and would rename. */
type Definition = { help: string; labels: readonly string[] };

/** All counters; they start at 0 with the process. */
const counters = {
  arcadia_published_total: { help: 'Messages stored by JetStream', labels: ['stream'] },
  arcadia_published_duplicates_total: {
    help: 'Messages that JetStream had stored before, by message id',
    labels: ['stream'],
  },
  arcadia_consumed_total: { help: 'Messages handled and committed', labels: ['consumer'] },
  arcadia_retried_total: { help: 'Messages whose handler failed and that are redelivered later', labels: ['consumer'] },
  arcadia_parked_total: { help: 'Messages moved to the dead-letter stream', labels: ['consumer', 'fault'] },
  arcadia_consumer_pauses_total: {
    help: 'Batches that failed as a whole, for example because Postgres was unavailable',
    labels: ['consumer'],
  },
  arcadia_consumer_rebuilt_total: {
    help: 'Consumers rebuilt because their stream was rolled back',
    labels: ['consumer'],
  },
  arcadia_stream_regressed_total: { help: 'Losses of acknowledged messages found in a stream', labels: ['stream'] },
  arcadia_answered_total: { help: 'Requests answered, by outcome', labels: ['request', 'outcome'] },
  arcadia_incidents_total: { help: 'Requests that failed with an unexpected error', labels: [] },
  arcadia_jobs_total: { help: 'Job attempts ended, by outcome', labels: ['job_name', 'outcome'] },
} as const satisfies Record<string, Definition>;

const gauges = {
  arcadia_outbox_depth: { help: 'Messages that wait to be published', labels: [] },
  arcadia_outbox_oldest_seconds: { help: 'Seconds since the oldest message in the outbox was committed', labels: [] },
  arcadia_relay_leaders: { help: '1 if a replica is elected to publish, else 0', labels: [] },
  arcadia_jobs_waiting: { help: 'Runs of jobs that wait for a later attempt', labels: [] },
  arcadia_jobs_dead: { help: 'Runs of a job that failed for the last time and are parked now', labels: ['job_name'] },
  arcadia_parked_messages: { help: 'Messages of a consumer that are parked now', labels: ['consumer'] },
  arcadia_schedules_late: { help: 'Scheduled jobs that were not enqueued when they were due', labels: [] },
  arcadia_clock_ahead_seconds: {
    help: 'Seconds by which the clock of the machine is ahead of that of Postgres',
    labels: [],
  },
  arcadia_consumer_lag: { help: 'Messages of a consumer not yet handled', labels: ['consumer'] },
  arcadia_consumer_oldest_seconds: {
    help: 'How long the next message of a consumer has waited on its stream',
    labels: ['consumer'],
  },
  arcadia_job_queue_lag: { help: 'Runs that a queue of jobs has not finished', labels: ['queue'] },
  arcadia_job_queue_idle_seconds: {
    help: 'For how long a queue of jobs with waiting runs has begun none',
    labels: ['queue'],
  },
  arcadia_health_ok: { help: '1 if a fact of health is ok, 0 if it is not', labels: ['fact'] },
  arcadia_health_attention: { help: '1 if a person should look at a fact of health, else 0', labels: ['fact'] },
  arcadia_health_figure: {
    help: 'The figures of the facts of health, by their names there',
    labels: ['fact', 'figure'],
  },
  arcadia_database_bytes: { help: 'Size of the database of the service', labels: [] },
} as const satisfies Record<string, Definition>;

/** Durations in seconds. */
const histograms = {
  arcadia_request_seconds: { help: 'Time from receiving a request to sending its answer', labels: ['request'] },
  arcadia_batch_seconds: { help: 'Time to handle and commit one batch of messages', labels: ['consumer'] },
  arcadia_job_seconds: { help: 'Time of one attempt of a job', labels: ['job_name'] },
  arcadia_job_late_seconds: { help: 'Time from the request for a run of a job to its beginning', labels: ['job_name'] },
  arcadia_http_seconds: {
    help: 'Time from receiving a request of the API to its response; the status as its class, such as 2xx',
    labels: ['method', 'route', 'status'],
  },
} as const satisfies Record<string, Definition>;

const bucketsSeconds = [0.005, 0.02, 0.1, 0.5, 2, 10, 60, 300, 3600];

type LabelsOf<Table extends Record<string, Definition>, Name extends keyof Table> = Readonly<
  Record<Table[Name]['labels'][number], string>
>;

/** The metrics of one service. Names and labels are typed: a metric that is not listed here does not compile. */
export type Metrics = {
  count<Name extends keyof typeof counters>(name: Name, labels: LabelsOf<typeof counters, Name>, by?: number): void;
  gauge<Name extends keyof typeof gauges>(name: Name, labels: LabelsOf<typeof gauges, Name>, value: number): void;
  /** Sets all samples of a gauge; those that it had before are gone. */
  gauges<Name extends keyof typeof gauges>(
    name: Name,
    samples: readonly { labels: LabelsOf<typeof gauges, Name>; value: number }[],
  ): void;
  /** Records a duration in seconds. */
  seconds<Name extends keyof typeof histograms>(
    name: Name,
    labels: LabelsOf<typeof histograms, Name>,
    value: number,
  ): void;
  /** Records a duration that began at `startedMs` on the clock of `performance.now()`. */
  time<Name extends keyof typeof histograms>(
    name: Name,
    labels: LabelsOf<typeof histograms, Name>,
    startedMs: number,
  ): void;
  /** Prometheus text. */
  text(): Promise<string>;
};

/** Metrics of one service in a registry of its own; every sample carries the label `service`. */
export function createMetrics(service: string): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  const optionsOf = (name: string, { help, labels }: Definition) => ({
    ...{ name, help, labelNames: [...labels], registers: [registry] },
  });
  const make = <Table extends Record<string, Definition>, Metric>(
    table: Table,
    create: (options: ReturnType<typeof optionsOf>) => Metric,
  ): ReadonlyMap<keyof Table, Metric> =>
    new Map(Object.entries(table).map(([name, definition]) => [name, create(optionsOf(name, definition))]));
  const counting = make(counters, (options) => new Counter(options));
  const standing = make(gauges, (options) => new Gauge(options));
  const timing = make(histograms, (options) => new Histogram({ ...options, buckets: bucketsSeconds }));
  return {
    count: (name, labels, by = 1) => counting.get(name)?.inc(labels, by),
    gauge: (name, labels, value) => standing.get(name)?.set(labels, value),
    gauges(name, samples) {
      const gauge = standing.get(name);
      gauge?.reset();
      for (const { labels, value } of samples) gauge?.set(labels, value);
    },
    seconds: (name, labels, value) => timing.get(name)?.observe(labels, value),
    time: (name, labels, startedMs) => timing.get(name)?.observe(labels, (performance.now() - startedMs) / 1000),
    text: () => registry.metrics(),
  };
}
