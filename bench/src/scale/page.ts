import { busy } from '../machine.ts';
import { departures, referenceOf } from './curves.ts';
import type { Measured } from './measured.ts';

/** The page `docs/scale.md`: what was measured, the rule for sizing an installation, and what gives way first. */
export function pageOf(all: readonly Measured[]): string {
  const largest = all.at(-1) ?? referenceOf(all);
  const reference = referenceOf(all);
  const gone = departures(all);
  const noisy = all.filter(({ used_by_others }) => used_by_others > busy).map(({ resources }) => number(resources));
  const inconclusive =
    noisy.length === 0
      ? ''
      : `\n**Inconclusive:** other programs used more than ${busy * 100} % of the processors while ${noisy.join(' and ')} resources were measured. Bytes hold; times do not.\n`;
  const flat =
    all.length < 2 || largest.resources === reference.resources
      ? `Nothing above ${number(reference.resources)} resources has been measured yet, so the curve shows only how it begins.`
      : gone.length === 0
        ? `From ${number(reference.resources)} resources on, each curve stays within a fifth of its value there.`
        : `From ${number(reference.resources)} resources on, these leave the range of a fifth around their value there: ${gone
            .map(({ name, resources, times }) => `${name} (${times.toFixed(2)} times at ${number(resources)})`)
            .join('; ')}. The other curves stay within it.`;
  return `# Scale

How the cost of a month changes with the size of the account. Written by \`npm run bench -- scale --resources 1000,10000\`, which measures
each size on servers of its own and keeps the results of other sizes; do not edit it by hand.

Ten resources make a deployment and fifty deployments a tenant; three of four resources are droplets, the others volumes. Observations
arrive over their stream, a month is metered day by day, published, consumed by invoicing, closed, invoiced and replayed. Both services run
in one process, with Postgres and nats-server on the same machine, all durable. The provider's bill of the month, with a line for each
resource, is read, matched and compared with the metered usage by billing-ingest, on servers of its own. A dash: not measured at this size.

![Cost for each unit of work by the size of the account](scale.svg)

${flat}
${inconclusive}
| ${['Resources', ...all.map(({ resources }) => number(resources))].join(' | ')} |
|${'---|'.repeat(all.length + 1)}
${rows(all)}

## Sizing

With the figures of ${number(largest.resources)} resources (${largest.at}; ${number(largest.facts)} facts):

- A core meters ${number(perSecond(largest.metering_us_per_fact * largest.cores))} facts a second, with everything else on the same ${largest.cores} cores. A resource makes a fact
  for each day and billing kind, so the night of ${number(largest.resources)} resources takes ${seconds((largest.metering_us_per_fact * largest.facts) / 30)}.
- A million facts take ${gigabytes(largest.database_bytes_per_fact)} GB in Postgres with their indexes and messages, ${gigabytes(largest.stream_bytes_per_fact)} GB of the stream, and
  ${gigabytes(largest.wal_bytes_per_fact)} GB of write-ahead log while they are written.
- The process with both services needed at most ${largest.memory_mb} MB.

## What gives way first

Of the parts of a month at ${number(largest.resources)} resources, ${slowest(largest)}. While it meters, the process uses
${number(largest.metering_process_us_per_fact, 1)} µs of processor time per fact of ${number(largest.metering_us_per_fact * largest.cores, 1)} µs on all cores; most of the rest is Postgres, which all replicas of a service
share and which meters a day in one statement. So the first thing to give way on a cluster is the single primary of metering's database: more
replicas of a service do not divide a day. A Postgres of its own for metering comes first, then more cores and faster disks for it.
${comparison(all)}`;
}

const rowNames: [keyof Measured, string, number][] = [
  ['facts', 'facts', 0],
  ['observing_us_per_resource', 'an observation from the stream into its row, µs', 1],
  ['metering_us_per_fact', 'metering, µs per fact', 1],
  ['metering_process_us_per_fact', 'of it processor time of the process, µs per fact', 1],
  ['publishing_us_per_fact', 'metering until the last message is on the stream, µs per fact', 1],
  ['consuming_us_per_fact', 'consuming in invoicing, µs per fact', 1],
  ['closing_us_per_fact', 'closing, µs per fact', 2],
  ['lines', 'invoice lines', 0],
  ['invoicing_us_per_line', 'invoicing, µs per line', 0],
  ['replay_us_per_fact', 'replay, µs per fact', 1],
  ['usage_list_ms', "list of a tenant's usage, ms", 1],
  ['invoice_list_ms', 'list of 50 invoices, ms', 1],
  ['reconciling_us_per_line', "reading and matching the provider's bill, µs per line", 1],
  ['differences_ms', 'page of the differences between bill and usage, ms', 0],
  ['database_bytes_per_fact', 'bytes in Postgres per fact', 0],
  ['wal_bytes_per_fact', 'bytes of write-ahead log per fact', 0],
  ['stream_bytes_per_fact', 'bytes of the stream per fact', 0],
  ['used_by_others', 'share of the processors that other programs used', 2],
  ['memory_mb', 'memory of the process, MB', 0],
];

function rows(all: readonly Measured[]): string {
  return rowNames
    .map(
      ([field, name, digits]) =>
        `| ${[name, ...all.map((size) => (size[field] === undefined ? '–' : number(Number(size[field]), digits)))].join(' | ')} |`,
    )
    .join('\n');
}

/** Beyond which size the differences between the bill and the usage come too late for the gateway. */
function comparison(all: readonly Measured[]): string {
  const late = all.find(({ differences_ms: ms }) => ms !== undefined && ms > answeredWithinMs);
  if (late === undefined) return '';
  return `
The differences between the provider's bill and the usage are computed anew for each page. At ${number(late.resources)} resources that takes
${seconds((late.differences_ms ?? 0) * 1_000)}, and the gateway waits for ${seconds(answeredWithinMs * 1_000)}: there the request fails, and a smaller page does not help.
`;
}

/** How long the gateway waits for an answer. */
const answeredWithinMs = 10_000;

/** The parts of a month by their share of its time, the longest first. */
function slowest(size: Measured): string {
  const parts = [
    { name: 'metering', us: size.metering_us_per_fact * size.facts },
    { name: 'consuming in invoicing', us: size.consuming_us_per_fact * size.facts },
    { name: 'closing', us: size.closing_us_per_fact * size.facts },
    { name: 'invoicing', us: size.invoicing_us_per_line * size.lines },
    { name: 'replay', us: size.replay_us_per_fact * size.facts },
  ].toSorted((a, b) => b.us - a.us);
  return parts
    .map(({ name, us }, index) => `${index === 0 ? `${name} takes the longest:` : name} ${seconds(us)}`)
    .join(', ');
}

const perSecond = (microseconds: number): number => Math.round(1_000_000 / microseconds);
const gigabytes = (bytesPerFact: number): string => (bytesPerFact / 1_000).toFixed(2);
const seconds = (microseconds: number): string => `${(microseconds / 1_000_000).toFixed(1)} s`;

function number(value: number, digits = 0): string {
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
