import { type provisioning, type Refusal, type RequestRefusal, refuse } from '@arcadia/contracts';
import type { Kysely, Transaction } from 'kysely';
import type { z } from 'zod';
import type { AddedResource } from '../caps/find-exceeded-cap.ts';
import type { Provider } from '../clients/provider.ts';
import type { Deployment } from '../domain/deployments/deployment.ts';
import type { ProviderSize } from '../domain/sagas/droplet-problems.ts';
import type { Tables } from '../store/schema.ts';
import { type BoundStep, bindStep, type Step } from './step.ts';

type StartWord = RequestRefusal<typeof provisioning.startSaga>['refused'];

/** The refusals of a saga itself; the names in its inputs are looked up before. */
export type StartRefusal = Refusal<Exclude<StartWord, `unknown-${string}`>>;

/** What a saga is started with. */
export type Prepared<Inputs = object> = {
  inputs: Inputs;
  deployment: Pick<Deployment, 'deployment_id' | 'tenant_id'> | null;
  resourceId: string | null;
  /** Of two unfinished sagas that work on the same thing, the second is refused; null: the saga shares nothing. */
  worksOn: string | null;
};

/** A saga of one kind, as the engine sees it. Inputs come in as JSON and are checked here. */
export type Saga<Kind extends provisioning.SagaKind = provisioning.SagaKind> = {
  readonly kind: Kind;
  /** Checks the inputs of a request and its confirmation, and finds the resources that the saga is about. */
  readonly prepare: (
    db: Transaction<Tables>,
    given: unknown,
    now: Temporal.Instant,
  ) => Promise<Prepared | StartRefusal>;
  /** The steps for the inputs that a saga was stored with. */
  readonly steps: (stored: unknown) => readonly BoundStep[];
};

type SagaOptions<Kind extends provisioning.SagaKind, Given extends z.ZodObject, Stored extends z.ZodObject> = {
  kind: Kind;
  /** The inputs of a request, by the contract. */
  inputs: Given;
  /** The inputs that are stored with the saga: those of the request, and what `prepare` adds to them. */
  stored: Stored;
  prepare: (
    db: Transaction<Tables>,
    inputs: z.output<Given>,
    now: Temporal.Instant,
  ) => Promise<Prepared<z.output<Stored>> | StartRefusal> | Prepared<z.output<Stored>>;
  steps: (inputs: z.output<Stored>) => readonly Step<z.output<Stored>>[];
};

/** Defines the sagas of one kind, in one file under `kinds/`. `registry.ts` lists all of them. */
export function defineSaga<
  const Kind extends provisioning.SagaKind,
  Given extends z.ZodObject,
  Stored extends z.ZodObject,
>(saga: SagaOptions<Kind, Given, Stored>): Saga<Kind> {
  return {
    kind: saga.kind,
    async prepare(db, given, now) {
      const parsed = saga.inputs.safeParse(given);
      return parsed.success ? saga.prepare(db, parsed.data, now) : invalidInputs(saga.kind, parsed.error);
    },
    steps(stored) {
      const inputs = saga.stored.parse(stored);
      Object.freeze(inputs);
      return saga.steps(inputs).map((step) => bindStep(step, inputs));
    },
  };
}

/** A request for a quote, its inputs checked. */
export type QuotedRequest = {
  sizeSlug: string;
  /** Finds the reasons for which the provider would refuse the request. */
  problems: (provider: Provider, sizes: readonly ProviderSize[]) => Promise<string[]>;
  /** Finds why the deployment as it is now would refuse the request; null: it would not. */
  refusal: (db: Kysely<Tables>) => Promise<StartRefusal | null>;
  /** Deployment whose plan may cap what the request adds; absent: none. */
  capped?: { deploymentId: string; resource: AddedResource };
};

/** A saga whose price can be quoted before it is started. */
export type QuotedSaga<Kind extends provisioning.SagaKind> = Saga<Kind> & {
  readonly quote: (given: unknown) => QuotedRequest | Refusal<'invalid-inputs'>;
};

/** Adds a quote to a saga. Its inputs may lack what only a start needs, such as the confirmation. */
export function withQuote<Kind extends provisioning.SagaKind, Inputs extends z.ZodType<{ size_slug: string }>>(
  saga: Saga<Kind>,
  quote: {
    inputs: Inputs;
    problems: (provider: Provider, inputs: z.output<Inputs>, sizes: readonly ProviderSize[]) => Promise<string[]>;
    refusal?: (db: Kysely<Tables>, inputs: z.output<Inputs>) => Promise<StartRefusal | null>;
    capped?: (inputs: z.output<Inputs>) => QuotedRequest['capped'];
  },
): QuotedSaga<Kind> {
  return {
    ...saga,
    quote(given) {
      const parsed = quote.inputs.safeParse(given);
      if (!parsed.success) return invalidInputs(saga.kind, parsed.error);
      const inputs = parsed.data;
      const capped = quote.capped?.(inputs);
      return {
        ...(capped === undefined ? {} : { capped }),
        sizeSlug: inputs.size_slug,
        refusal: async (db) => (await quote.refusal?.(db, inputs)) ?? null,
        problems: (provider, sizes) => quote.problems(provider, inputs, sizes),
      };
    },
  };
}

function invalidInputs(kind: string, { issues }: z.ZodError): Refusal<'invalid-inputs'> {
  const errors = issues.map(({ path, message }) => ({ pointer: `/inputs/${path.join('/')}`, detail: message }));
  return refuse('invalid-inputs', `The inputs of the saga ${kind} are invalid; see errors.`, { errors });
}
