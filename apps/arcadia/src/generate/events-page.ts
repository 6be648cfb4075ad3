import { z } from 'zod';
import { events, requests, streams } from './contracts.ts';

type Schema = {
  type?: string | string[];
  properties?: Record<string, Schema>;
  items?: Schema;
  enum?: unknown[];
  anyOf?: Schema[];
  required?: string[];
  description?: string;
};

/** The type of a field, described in a few words. */
const typeOf = (schema: Schema): string => {
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeOf).join(' or ');
  if (schema.type === 'array') return `list of ${typeOf(schema.items ?? {})}`;
  if (Array.isArray(schema.type)) return schema.type.join(' or ');
  if (schema.type === 'object' && schema.properties !== undefined)
    return `{ ${Object.keys(schema.properties).join(', ')} }`;
  return schema.type ?? 'any JSON';
};

const fieldTable = (schema: Schema): string[] => [
  '| Field | Type |',
  '|---|---|',
  ...Object.entries(schema.properties ?? {}).map(
    ([name, field]) => `| \`${name}\` | ${typeOf(field).replaceAll('|', '\\|')} |`,
  ),
];

/** The text of docs/events.md: all events by stream, and all requests by service. */
export const eventsPage = (): string => {
  const lines = [
    '# Events and requests',
    '',
    '<!-- Generated from packages/contracts by npm run generate. -->',
    '',
    'A message is the JSON of its data; its headers are the CloudEvents 1.0 attributes (`ce-id`, `ce-type`, `ce-source`, `ce-time`, `ce-dataversion`),',
    '`traceparent` and `Nats-Msg-Id`. Ids are derived from type and key. Events above 512 KiB are published in numbered parts (`arcadia-part: 1/3`).',
  ];
  for (const [name, { owner }] of Object.entries(streams)) {
    const published = events.filter(({ stream }) => stream === name);
    if (published.length === 0) continue;
    lines.push('', `## Stream ${name}`, '', `Published by ${owner}.`);
    for (const event of published) {
      const schema = z.toJSONSchema(event.data, { io: 'input', unrepresentable: 'any' }) as Schema;
      lines.push('', `### ${event.type} (v${event.version})`, '', event.summary, '', ...fieldTable(schema));
      if (event.parts !== null)
        lines.push('', `A large event is divided into parts at the items of \`${event.parts}\`.`);
    }
  }
  lines.push('', '## Requests', '', 'Subject `ask.<service>.<name>`; most have a route at the gateway (`/docs`).');
  for (const service of new Set(requests.map((request) => request.service))) {
    lines.push(
      '',
      `### ${service}`,
      '',
      '| Request | Effect | Roles | What it does | Refusals |',
      '|---|---|---|---|---|',
    );
    for (const request of requests.filter((each) => each.service === service))
      lines.push(
        `| \`${request.name}\` | ${request.effect} | ${request.roles.join(', ')} | ${request.summary} | ${request.refusals.join(', ')} |`,
      );
  }
  return `${lines.join('\n')}\n`;
};
