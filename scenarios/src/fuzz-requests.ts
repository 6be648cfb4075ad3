import type { Route } from '@arcadia/gateway';
import { allFrom, type HttpRequest, type Ids, referencesOf, requestOf, type Samples } from './access-matrix.ts';
import type { Dice } from './dice.ts';
import { oddHeaders } from './odd-headers.ts';
import { oddBytes, oddPathTexts, oddQueries, oddTexts, oddValues } from './odd-input.ts';

/** A request in the bytes in which it is sent. */
export type FuzzedRequest = {
  readonly route: Route;
  readonly what: string;
  readonly bytes: Buffer;
  readonly isHead: boolean;
  /** True if no route may accept it, whatever its values mean. */
  readonly isUnreadable: boolean;
};

type Draft = {
  method: string;
  target: string;
  headers: [name: string, value: string][];
  body: Buffer | null;
  what: string;
  isUnreadable: boolean;
};

/** One request to a route, valid but for one thing or two that the dice choose. */
export const fuzzRequest = (
  route: Route,
  { dice, samples, ids, token }: { dice: Dice; samples: Samples; ids: Ids; token: string },
): FuzzedRequest => {
  const { needed } = referencesOf(route, samples);
  const valid = requestOf(route, allFrom(needed, ids), samples);
  const draft = draftOf(valid, token);
  const ways = [inQuery, inPath, inHeaders, ...(draft.body === null ? [] : [inBytes, inFields, inFields, inFields])];
  dice.pick(ways)(draft, { dice, route, valid });
  // A second change is never one of the body, which would undo the first.
  if (dice.chance(0.2)) dice.pick(ways.slice(0, 3))(draft, { dice, route, valid });
  return {
    route,
    what: `${draft.method} ${route.path} ${draft.what}`,
    bytes: bytesOf(draft),
    isHead: draft.method === 'HEAD',
    isUnreadable: draft.isUnreadable,
  };
};

const draftOf = ({ method, path, body }: HttpRequest, token: string): Draft => ({
  method: method.toUpperCase(),
  target: path,
  headers: [
    ['Host', 'gateway'],
    ['Authorization', `Bearer ${token}`],
    ...(body === undefined ? [] : [['Content-Type', 'application/json'] as [string, string]]),
  ],
  body: body === undefined ? null : Buffer.from(JSON.stringify(body)),
  what: '',
  isUnreadable: false,
});

const bytesOf = ({ method, target, headers, body }: Draft): Buffer => {
  const isFramed = headers.some(([name]) => /^(content-length|transfer-encoding)$/i.test(name));
  const framing: [string, string][] = body === null || isFramed ? [] : [['Content-Length', String(body.length)]];
  const lines = [...headers, ...framing].map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return Buffer.concat([
    Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines}\r\n`, 'latin1'),
    body ?? Buffer.alloc(0),
  ]);
};

type Change = (draft: Draft, by: { dice: Dice; route: Route; valid: HttpRequest }) => void;

const inQuery: Change = (draft, { dice, route }) => {
  const names = Object.keys((route.contract.input as unknown as { shape?: object }).shape ?? {});
  const name = dice.chance(0.8) && names.length > 0 ? dice.pick(names) : 'unknown';
  const { text, isUnreadable } = dice.pick(oddQueries)(name);
  draft.target += `${draft.target.includes('?') ? '&' : '?'}${text}`;
  draft.what += `query ${text.slice(0, 60)} `;
  draft.isUnreadable ||= isUnreadable;
};

const inPath: Change = (draft, { dice, route }) => {
  const [path = '', ...query] = draft.target.split('?');
  const steps = path.split('/');
  const parameters = route.path.split('/').flatMap((step, index) => (step.includes('{') ? [index] : []));
  const index = parameters.length > 0 && dice.chance(0.8) ? dice.pick(parameters) : dice.between(1, steps.length);
  const { text, isUnreadable } = dice.pick(oddPathTexts);
  steps[index] = dice.chance(0.3) ? `${steps[index] ?? ''}${text}` : text;
  draft.target = [steps.join('/'), ...query].join('?');
  draft.what += `path ${text.slice(0, 60)} `;
  draft.isUnreadable ||= isUnreadable;
};

const inHeaders: Change = (draft, { dice }) => {
  const { name, value, isUnreadable = false } = dice.pick(oddHeaders);
  // A second one of these has to be refused, or is ignored by none.
  if (!dice.chance(0.1)) draft.headers = draft.headers.filter(([each]) => each.toLowerCase() !== name.toLowerCase());
  draft.headers.push([name, value]);
  draft.what += `header ${name}: ${value.slice(0, 60)} `;
  draft.isUnreadable ||= isUnreadable;
};

const inBytes: Change = (draft, { dice }) => {
  const { what, make } = dice.pick(oddBytes);
  draft.body = make(draft.body?.toString() ?? '{}');
  draft.what += `body ${what} `;
  draft.isUnreadable = true;
};

/** Replaces one value of the body at any depth, or adds a field. */
const inFields: Change = (draft, { dice, route, valid }) => {
  const body: unknown = structuredClone(valid.body);
  const places = placesIn(body);
  const fields = Object.keys((route.contract.input as unknown as { shape?: object }).shape ?? {});
  const unset = fields.map((name) => ({ holder: body as Record<string, unknown>, name }));
  const { holder, name } = dice.pick([
    ...places,
    ...unset,
    { holder: body as Record<string, unknown>, name: 'unknown' },
  ]);
  const literal = dice.chance(0.5) ? dice.pick(oddValues) : JSON.stringify(dice.pick(oddTexts));
  holder[name] = marker;
  draft.body = Buffer.from(JSON.stringify(body).replace(JSON.stringify(marker), () => literal));
  draft.what += `field ${name} = ${literal.slice(0, 60)} `;
};

/** Stands for the odd literal, which may be no value of JavaScript. */
const marker = 'fuzzed-here';

type Place = { holder: Record<string, unknown>; name: string };

const placesIn = (value: unknown): Place[] => {
  if (typeof value !== 'object' || value === null) return [];
  const holder = value as Record<string, unknown>;
  return Object.keys(holder).flatMap((name) => [{ holder, name }, ...placesIn(holder[name])]);
};
