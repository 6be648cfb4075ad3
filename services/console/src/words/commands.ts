import {
  billingIngest,
  drift,
  gateway,
  inventorySync,
  invoicing,
  metering,
  notifications,
  provisioning,
  type RequestContract,
  type Role,
} from '@arcadia/contracts';
import { inWords, shownInList } from './names.ts';

const isCommand = (value: unknown): value is RequestContract =>
  typeof value === 'object' && value !== null && 'effect' in value && value.effect === 'command';

const commands: ReadonlyMap<string, RequestContract> = new Map(
  [gateway, inventorySync, metering, invoicing, billingIngest, provisioning, drift, notifications]
    .flatMap((contracts) => Object.values(contracts) as unknown[])
    .filter(isCommand)
    .map((contract) => [contract.name, contract]),
);

/** What a command does, in the words of its contract: `invoices.void` is "Void an invoice towards which nothing was paid". */
export const commandInWords = (request: string): string =>
  commands.get(request)?.summary.split(/[.:;](?:\s|$)| \(/)[0] ?? nameInWords(request);

const nameInWords = (request: string): string => inWords(request.replaceAll('.', ' '));

/** Every command that people with one of these roles may send, by its words; where a list would cut them off, those of its name. */
export const commandChoices = (roles: readonly Role[]): (readonly [string, string])[] =>
  [...commands.values()]
    .filter((contract) => contract.roles.some((role) => roles.includes(role)))
    .map(({ name }) => [name, commandInWords(name)] as const)
    .map(([name, words]) => [name, words.length > shownInList ? nameInWords(name) : words] as const)
    .toSorted(([, a], [, b]) => (a < b ? -1 : 1));
