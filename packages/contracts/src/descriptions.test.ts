import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { EventContract, RequestContract } from './define.ts';
import {
  billingIngest,
  drift,
  gateway,
  inventorySync,
  invoicing,
  metering,
  notifications,
  provisioning,
  type ServiceName,
  streamOwners,
  streams,
  subjectFilter,
} from './index.ts';

const doors: Record<ServiceName, Record<string, unknown>> = {
  'inventory-sync': inventorySync,
  'billing-ingest': billingIngest,
  provisioning,
  drift,
  metering,
  invoicing,
  notifications,
  gateway,
};

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const isEvent = (value: unknown): value is EventContract => isObject(value) && 'stream' in value && 'key' in value;
const isRequest = (value: unknown): value is RequestContract =>
  isObject(value) && 'effect' in value && 'refusals' in value;

const contracts = Object.values(doors)
  .flatMap((door) => Object.values(door))
  .filter((value) => isEvent(value) || isRequest(value));

type Schema = {
  description?: string;
  const?: unknown;
  properties?: Record<string, Schema>;
  items?: Schema;
  additionalProperties?: Schema | boolean;
  anyOf?: Schema[];
  oneOf?: Schema[];
};

/** The paths of the fields without a description, however deep. A field with one possible value needs none. */
const undescribed = (schema: Schema, at: string): string[] => {
  const variants = [schema, ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  return variants.flatMap((variant) => [
    ...Object.entries(variant.properties ?? {}).flatMap(([name, field]) => [
      ...(field.const === undefined && !isDescribed(field) ? [`${at}.${name}`] : []),
      ...undescribed(field, `${at}.${name}`),
    ]),
    ...[variant.items, variant.additionalProperties].flatMap((inner) =>
      isObject(inner) ? undescribed(inner, `${at}[]`) : [],
    ),
  ]);
};

const isDescribed = (field: Schema): boolean =>
  [field, ...(field.anyOf ?? [])].some(({ description }) => description !== undefined && description !== '');

const undescribedOf = (contract: EventContract | RequestContract): string[] => {
  const schemaOf = (schema: z.ZodType, io: 'input' | 'output') =>
    z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Schema;
  return isEvent(contract)
    ? undescribed(schemaOf(contract.data, 'input'), contract.type)
    : [
        ...undescribed(schemaOf(contract.input, 'input'), `${contract.name} input`),
        ...undescribed(schemaOf(contract.output, 'output'), `${contract.name} output`),
      ];
};

describe('contracts', () => {
  test('every field and parameter has a description', () => {
    expect(contracts.flatMap(undescribedOf)).toEqual([]);
  });

  test('every summary is a noun phrase or an imperative, and ends with a full stop', () => {
    const faulty = contracts
      .map(({ summary }) => summary)
      .filter(
        (summary) =>
          !/^[A-Z].*\.$/s.test(summary) ||
          /^(What|Who|Whose|Whoever|Which|How|Whether|Where|When|Why|Be)\b/.test(summary),
      );
    expect(faulty).toEqual([]);
  });

  test('the examples of fields satisfy their own schemas', () => {
    const faulty: string[] = [];
    const visit = (schema: z.ZodType, at: string): void => {
      const example = schema.meta()?.['example'];
      if (example !== undefined && !schema.safeParse(example).success) faulty.push(`${at}: ${JSON.stringify(example)}`);
      const { innerType, element } = schema.def as { innerType?: z.ZodType; element?: z.ZodType };
      if (innerType !== undefined) visit(innerType, at);
      if (schema instanceof z.ZodArray && element !== undefined) visit(element, `${at}[]`);
      if (schema instanceof z.ZodObject)
        for (const [name, field] of Object.entries(schema.shape)) visit(field as z.ZodType, `${at}.${name}`);
    };
    for (const contract of contracts) {
      if (isEvent(contract)) visit(contract.data, contract.type);
      else {
        visit(contract.input, `${contract.name} input`);
        visit(contract.output, `${contract.name} output`);
      }
    }
    expect(faulty).toEqual([]);
  });

  test('every event is listed by its service and lies in a stream of that service', () => {
    for (const [service, door] of Object.entries(doors)) {
      const exported = Object.values(door).filter(isEvent);
      // A service without a stream has no list.
      const listed: unknown = door['events'] ?? [];
      expect(listed).toHaveLength(exported.length);
      expect(listed).toEqual(expect.arrayContaining(exported));
      for (const event of exported) {
        expect({ [event.type]: streamOwners[event.stream] }).toEqual({ [event.type]: service });
        expect(streams[event.stream].subjects).toContain(subjectFilter(event));
      }
    }
  });

  test('every export has a docstring; of an event or a request the summary is one', () => {
    const folder = import.meta.dirname;
    const gaps = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
      .flatMap((file) => {
        const lines = readFileSync(path.join(folder, file), 'utf8').split('\n');
        return lines.flatMap((line, index) => {
          const name = /^export (?:const|type|function|class) (\w+)/.exec(line)?.[1];
          const isContract = /= define(Event|Request)\(/.test(line);
          return name === undefined || isContract || lines[index - 1]?.endsWith('*/') ? [] : [{ file, name }];
        });
      });
    expect(gaps).toEqual([]);
  });
});
