import type { EventContract } from '@arcadia/contracts';
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
  example?: unknown;
};

/** The type of a field, described in a few words. */
const typeOf = (schema: Schema): string => {
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeOf).join(' or ');
  if (schema.type === 'array') return `list of ${typeOf(schema.items ?? {})}`;
  if (Array.isArray(schema.type)) return schema.type.join(' or ');
  return schema.type ?? 'any JSON';
};

/** The description of a field with its example, in one line. */
const meaningOf = (schema: Schema): string => {
  const variants = [schema, ...(schema.anyOf ?? [])];
  const description = variants.find((variant) => variant.description !== undefined)?.description ?? '';
  const example = variants.find((variant) => variant.example !== undefined)?.example;
  return example === undefined ? description : `${description} Example: \`${JSON.stringify(example)}\`.`.trim();
};

/** One row for each field, however deep: `owner.tenant_id`, `lines[].kind`. */
const fieldRows = (schema: Schema, prefix: string): string[] =>
  [schema, ...(schema.anyOf ?? [])].flatMap((variant) => [
    ...Object.entries(variant.properties ?? {}).flatMap(([name, field]) => [
      `| \`${prefix}${name}\` | ${cell(typeOf(field))} | ${cell(meaningOf(field))} |`,
      ...fieldRows(field, `${prefix}${name}.`),
    ]),
    ...(variant.items === undefined ? [] : fieldRows(variant.items, `${prefix.slice(0, -1)}[].`)),
  ]);

const cell = (text: string): string => text.replaceAll('|', '\\|');

const fieldTable = (schema: Schema): string[] => [
  '| Field | Type | Meaning |',
  '|---|---|---|',
  ...fieldRows(schema, ''),
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
    'A message with the header `arcadia-coding: zstd` is a JSON string instead: the JSON of its data, compressed with Zstandard, in base64. Long invoices are.',
    '`arcadia-log` is the place of a message in the log of its service: its number, and the database transaction that logged it.',
  ];
  for (const [name, { owner }] of Object.entries(streams)) {
    const published = events.filter(({ stream }) => stream === name);
    if (published.length === 0) continue;
    lines.push('', `## Stream ${name}`, '', `Published by ${owner ?? 'every service'}.`);
    for (const event of published) {
      const schema = z.toJSONSchema(event.data, { io: 'input', unrepresentable: 'any' }) as Schema;
      lines.push('', `### ${event.type} (v${event.version})`, '', event.summary, '', ...fieldTable(schema));
      if (event.parts.length > 0) lines.push('', partsText(event.parts));
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

const partsText = (parts: EventContract['parts']): string => {
  const named = (arrays: readonly string[]): string => arrays.map((array) => `\`${array}\``).join(' and ');
  const within = parts.flatMap(({ array, item }) =>
    item === undefined
      ? []
      : [
          ` One of the \`${array}\` that is too large for a part continues in the next, at the items of its ${named(item.arrays)}; \`${item.key}\` is the same.`,
        ],
  );
  return `A large event is divided into parts at the items of ${named(parts.map(({ array }) => array))}.${within.join('')}`;
};
