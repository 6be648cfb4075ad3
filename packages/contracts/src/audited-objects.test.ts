import { expect, test } from 'vitest';
import type { RequestContract } from './define.ts';
import * as contracts from './index.ts';

const isRequest = (value: unknown): value is RequestContract =>
  typeof value === 'object' && value !== null && 'effect' in value && 'refusals' in value;
const requests = new Map(
  Object.values(contracts)
    .flatMap((module): unknown[] => (typeof module === 'object' ? Object.values(module) : []))
    .filter(isRequest)
    .map((contract) => [contract.name, contract]),
);
const fieldsOf = (schema: unknown): string[] => Object.keys((schema as { shape?: object }).shape ?? {});

test('the audit log knows the object of every command', () => {
  const commands = [...requests.values()].filter(({ effect }) => effect === 'command').map(({ name }) => name);
  const missing = commands.filter((name) => !Object.hasOwn(contracts.auditedObjects, name));
  expect(missing, 'add each to auditedObjects, with null for a command about no single object').toEqual([]);
  expect(Object.keys(contracts.auditedObjects).filter((name) => !commands.includes(name))).toEqual([]);
});

test('the object of a command is named by its input or its answer, and shown by a read of the same service', () => {
  const faults = Object.entries(contracts.auditedObjects).flatMap(([name, object]) => {
    const command = requests.get(name);
    if (object === null || command === undefined) return [];
    const isNamed = [...fieldsOf(command.input), ...fieldsOf(command.output)].includes(object.id);
    const read = object.read === undefined ? undefined : requests.get(object.read);
    const isShown =
      object.read === undefined ||
      (read?.effect === 'read' &&
        read.service === command.service &&
        fieldsOf(read.input).includes(object.by ?? object.id) &&
        fieldsOf(command.input).includes(object.id));
    return [...(isNamed ? [] : [`${name}: no field ${object.id}`]), ...(isShown ? [] : [`${name}: ${object.read}`])];
  });
  expect(faults).toEqual([]);
});
