import { gateway, type RequestContract } from '@arcadia/contracts';
import { isProblemWord, problemType, typeUri } from './problems/problem-types.ts';
import type { ProblemWord } from './problems/problem-words.ts';
import type { Tag } from './tags.ts';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** The parts of a route that the OpenAPI document needs. */
export type Described = {
  readonly method: Method;
  readonly path: string;
  readonly contract: RequestContract;
  readonly tag: Tag;
  /** Problems of this route beside those of its contract. */
  readonly problems?: readonly ProblemWord[];
  readonly status?: 200 | 201 | 202;
};

/** Problems that every route with a token can answer. */
const ofEveryRoute = [
  'bad-request',
  'too-slow',
  'headers-too-large',
  'unauthenticated',
  'forbidden',
  'unknown-parameter',
  'method-not-allowed',
  'not-acceptable',
  'invalid-request',
  'invalid-input',
  'answer-too-large',
  'rate-limited',
  'internal',
  'unavailable',
] as const satisfies readonly ProblemWord[];

const ofEveryCommand = ['in-flight', 'idempotency-key-reused'] as const satisfies readonly ProblemWord[];
const ofEveryEdit = ['precondition-failed'] as const satisfies readonly ProblemWord[];
const ofEveryBody = ['too-large', 'unsupported-media-type'] as const satisfies readonly ProblemWord[];

/** True for methods that carry a JSON body; the input of the others is in the query. */
export const hasBody = (method: Method): boolean => method !== 'get' && method !== 'delete';

/** The names of a path's parameters, in order. */
export const parameterNames = (path: string): string[] =>
  Array.from(path.matchAll(/\{(\w+)\}/g), ([, name]) => name ?? '');

/** Every problem that a route can answer, without repetition. */
export const problemWordsOf = ({ method, contract, problems = [] }: Omit<Described, 'path' | 'tag'>): ProblemWord[] => [
  ...new Set<ProblemWord>([
    ...contract.refusals.filter(isProblemWord),
    ...problems,
    ...ofEveryRoute,
    ...(contract.effect === 'command' ? ofEveryCommand : []),
    ...(contract.edits === undefined ? [] : ofEveryEdit),
    ...(hasBody(method) ? ofEveryBody : []),
  ]),
];

/** The part of an operation that all routes have: names, explanation, token, roles, problems. */
export const describe = (route: Described) => {
  const { method, path, contract, tag } = route;
  const isCommand = contract.effect === 'command';
  return {
    method,
    path,
    operationId: contract.name,
    summary: contract.summary,
    description: descriptionOf(contract),
    tags: [tag],
    security: [{ token: [] }],
    'x-roles': [...contract.roles],
    ...(isCommand ? { parameters: parametersOf(contract) } : {}),
  };
};

/** The headers of a successful answer. */
export const responseHeaders = ({ contract, status = 200 }: Pick<Described, 'contract' | 'status'>) => {
  const { isVersioned, output } = contract;
  const isList = 'shape' in output && Object.hasOwn(output.shape as object, 'next_cursor');
  const names = [
    ...(isVersioned === true ? ['ETag'] : []),
    ...(isList ? ['Link'] : []),
    ...(status === 200 ? [] : ['Location']),
    ...(status === 202 ? ['Retry-After'] : []),
  ];
  if (names.length === 0) return {};
  return { headers: Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }])) };
};

const parametersOf = ({ edits }: RequestContract) => [
  { $ref: '#/components/parameters/IdempotencyKey' as const },
  ...(edits === undefined ? [] : [{ $ref: '#/components/parameters/IfMatch' as const }]),
];

const descriptionOf = (contract: RequestContract): string => {
  const { roles, effect, service } = contract;
  const isForTenants = roles.some((role) => role === 'tenant' || role === 'tenant_viewer');
  const access = `For the roles ${roles.map((role) => `\`${role}\``).join(', ')}${isForTenants ? '; a tenant reaches only its own data' : ''}.`;
  const repeat =
    effect === 'read' ? 'Changes nothing.' : 'A command: repeat it safely by sending the same `Idempotency-Key`.';
  const approval = gateway.mayNeedApproval(contract)
    ? ' Where the setting `FOUR_EYES` is on, a command that destroys or pays waits for a second person: 202 with an approval, whose address is in `Location`.'
    : '';
  return `${access} ${repeat}${approval} Answered by ${service}.`;
};

/** The problem responses of a route by status; a status with only general problems refers to the shared description. */
export const problemResponses = (route: Omit<Described, 'path' | 'tag'>): Record<string, ProblemResponse> => {
  const words = problemWordsOf(route);
  const responses: Record<string, ProblemResponse> = {};
  for (const [status, those] of byStatus(words)) {
    const shared = sharedNames[status];
    const isShared = shared !== undefined && those.every((word) => sharedWords.has(word));
    responses[status] = isShared ? { $ref: `#/components/responses/${shared}` } : responseOf(those);
  }
  return responses;
};

type ProblemResponse =
  | { $ref: string }
  | {
      description: string;
      content: {
        'application/problem+json': {
          schema: { $ref: string };
          examples: Record<string, { $ref: string }>;
        };
      };
    };

const sharedWords = new Set<ProblemWord>([...ofEveryRoute, ...ofEveryCommand, ...ofEveryBody]);

/** Names of the shared responses by status. Where commands have more words than reads, they share the longer list. */
const sharedNames: Record<string, string> = {
  400: 'BadRequest',
  401: 'Unauthenticated',
  403: 'Forbidden',
  405: 'MethodNotAllowed',
  406: 'NotAcceptable',
  408: 'TooSlow',
  409: 'InFlight',
  413: 'TooLarge',
  415: 'UnsupportedMediaType',
  429: 'RateLimited',
  431: 'HeadersTooLarge',
  500: 'Internal',
  503: 'Unavailable',
};

const byStatus = (words: readonly ProblemWord[]): Map<string, ProblemWord[]> => {
  const groups = new Map<string, ProblemWord[]>();
  for (const word of words) {
    const status = String(problemType(word).status);
    groups.set(status, [...(groups.get(status) ?? []), word]);
  }
  return groups;
};

/** One response that can be any of these problems. */
export const responseOf = (words: readonly ProblemWord[]) => ({
  description: words.map((word) => `- [\`${word}\`](${typeUri(word)}): ${problemType(word).meaning}`).join('\n'),
  content: {
    'application/problem+json': {
      schema: { $ref: '#/components/schemas/Problem' },
      examples: Object.fromEntries(words.map((word) => [word, { $ref: `#/components/examples/${word}` }])),
    },
  },
});

/** The shared responses, for the components of the document. */
export const sharedResponses = () =>
  Object.fromEntries(
    [...byStatus([...sharedWords])].flatMap(([status, words]) => {
      const name = sharedNames[status];
      return name === undefined ? [] : [[name, responseOf(words)] as const];
    }),
  );
