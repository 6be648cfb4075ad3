import { expect, test } from 'vitest';
import type { Route } from './route.ts';
import { routes } from './routes/index.ts';

const begins = 'begins work of its own and changes nothing that a person edits';
const saga = 'a saga moves on by itself; what its present state does not allow is refused as a conflict';
const letter = 'a dead letter never changes, and is gone once it is decided';

/** Commands on something that is named in the path, or that replace something, without `If-Match`; each with the reason. */
const withoutVersion: Readonly<Record<string, string>> = {
  'sagas.cancel': saga,
  'sagas.retry': saga,
  'inventory.confirm-sweep': 'a sweep that waits never changes, and is confirmed once',
  'periods.close': 'a period that is not as it must be is refused with the days that are missing',
  'replays.start': begins,
  'proofs.start': begins,
  'provider-invoice.reingest': begins,
  'provider-invoice.rematch': begins,
  'dead-letters.requeue': letter,
  'dead-letters.dismiss': letter,
  'plan-versions.create': 'makes a version of its own; what others have made stays',
  'subscriptions.subscribe': 'begins a subscription, and is refused where there is one',
  'discount-codes.redeem': 'a tenant redeems a code once, and its limit is kept by a lock',
  'prepaid-credits.create': 'adds a credit; what others have added stays',
  'list-prices.put': 'adds prices of many kinds; each is named whole, and none that it does not name is changed',
  'webhook-endpoints.test': begins,
  'webhook-endpoints.replay': begins,
  'webhook-deliveries.replay': begins,
  'mails.replay': begins,
  'scheduled-exports.run': begins,
  'mail-suppressions.delete': 'an address is suppressed or not, and what is deleted twice is deleted once',
};

const isAboutAnObject = ({ method, path, contract }: Route): boolean =>
  contract.effect === 'command' && (path.includes('{') || ['put', 'patch', 'delete'].includes(method));

test('every command on something that can be read takes If-Match, or is listed with the reason why not', () => {
  const lacking = routes
    .filter((route) => isAboutAnObject(route) && route.contract.edits === undefined)
    .map(({ contract }) => contract.name);
  expect(lacking.toSorted(), 'declare `edits` in the contract, or list the command here').toEqual(
    Object.keys(withoutVersion).toSorted(),
  );
});

test('what a command edits has a route that shows it with its entity tag, named by the same fields', () => {
  const faults = routes.flatMap(({ contract: { name, edits } }) => {
    if (edits === undefined) return [];
    const shown = routes.find(({ method, contract }) => method === 'get' && contract.name === edits.read.name);
    if (shown === undefined) return [`${name}: ${edits.read.name} has no route`];
    const inPath = Array.from(shown.path.matchAll(/\{(\w+)\}/g), ([, field]) => field ?? '');
    const { shape = {} } = edits.read.input as { shape?: object };
    const isNamed = inPath.every((field) => edits.by.includes(field)) && edits.by.every((field) => field in shape);
    return isNamed ? [] : [`${name}: ${shown.path} is named otherwise`];
  });
  expect(faults).toEqual([]);
});

test('fields that are left out of an entity tag are fields of the answer', () => {
  for (const { contract } of routes) {
    const { shape = {} } = contract.output as { shape?: object };
    const unknown = (contract.unversioned ?? []).filter((field) => !(field in shape));
    expect([contract.name, unknown, contract.unversioned === undefined || contract.isVersioned]).toEqual([
      contract.name,
      [],
      true,
    ]);
  }
});
