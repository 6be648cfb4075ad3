import type { RequestContract } from '@arcadia/contracts';
import type { Route } from '@arcadia/gateway';
import { z } from 'zod';

/** The kind of object that a property of a request's input refers to, for objects that belong to a tenant. */
export const referenceKinds: Readonly<Record<string, string>> = {
  tenant_id: 'tenant',
  deployment_id: 'deployment',
  project_id: 'project',
  resource_id: 'resource',
  invoice_id: 'invoice',
  line_id: 'line',
  credit_note_id: 'credit',
  addon_id: 'addon',
  quote_id: 'quote',
  alert_id: 'alert',
  term_id: 'term',
  credit_id: 'prepaid',
  subscription_id: 'subscription',
  saga_id: 'saga',
  drift_id: 'drift',
  rule_id: 'rule',
  key_id: 'api-key',
  approval_id: 'approval',
  endpoint_id: 'webhook-endpoint',
  delivery_id: 'webhook-delivery',
  mail_id: 'mail',
  export_id: 'scheduled-export',
  run_id: 'export-run',
  object_id: 'alert',
  sync_id: 'sync',
  sweep_id: 'sweep',
  proof_id: 'proof',
  replay_id: 'replay',
  invoice_uuid: 'provider-invoice',
};

/** The ids of one side of the matrix, by kind. */
export type Ids = Readonly<Record<string, string>>;

/** The input besides references, by contract; `faultsOf` reports a route with other required input. */
export type Samples = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export type HttpRequest = { method: string; path: string; body: unknown };

type Field = { safeParse(value: unknown): { success: boolean } };
const shapeOf = (contract: RequestContract): Record<string, Field> =>
  (contract.input as unknown as { shape: Record<string, Field> }).shape;
/** An exactly optional field may be absent, and is never given as undefined. */
const isRequired = (field: Field): boolean =>
  !(field instanceof z.ZodExactOptional) && !field.safeParse(undefined).success;

/** The properties of a route's input that are references: the required and the optional ones. */
export const referencesOf = ({ contract }: Route, samples: Samples): { needed: string[]; optional: string[] } => {
  const fields = Object.entries(shapeOf(contract)).filter(
    ([name]) => name in referenceKinds && !(name in (samples[contract.name] ?? {})),
  );
  return {
    needed: fields.filter(([, field]) => isRequired(field)).map(([name]) => name),
    optional: fields.filter(([, field]) => !isRequired(field)).map(([name]) => name),
  };
};

/** Why the matrix cannot cover a route: it has an unknown required field, or an id that is not a known reference. */
export const faultsOf = ({ method, path, contract }: Route, samples: Samples): string[] => {
  const sample = samples[contract.name] ?? {};
  return Object.entries(shapeOf(contract)).flatMap(([name, field]) => {
    if (name in referenceKinds || name in sample) return [];
    if (isRequired(field)) return [`${method} ${path}needs a sample value for ${name}`];
    return /_(id|uuid)$|^(id|uuid)$/.test(name)
      ? [`${method} ${path}has an id ${name} that is missing in referenceKinds`]
      : [];
  });
};

/** The HTTP request to a route with these references, each with the id of its side. */
export const requestOf = (route: Route, references: ReadonlyMap<string, Ids>, samples: Samples): HttpRequest => {
  const { method, path, contract } = route;
  const input: Record<string, unknown> = { ...samples[contract.name] };
  for (const [name, ids] of references) input[name] = ids[referenceKinds[name] ?? ''];
  const used = new Set<string>();
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    used.add(name);
    return encodeURIComponent(String(input[name]));
  });
  const rest = Object.entries(input).filter(([name]) => !used.has(name));
  if (contract.name === 'usage.ingest') return { method, path, body: usageEvents(references) };
  if (method !== 'get' && method !== 'delete') return { method, path: filled, body: Object.fromEntries(rest) };
  const query = new URLSearchParams(rest.map(([name, value]) => [name, String(value)]));
  return { method, path: query.size === 0 ? filled : `${filled}?${query}`, body: undefined };
};

/** Usage is reported as CloudEvents, which have a form of their own. */
const usageEvents = (references: ReadonlyMap<string, Ids>): unknown => ({
  specversion: '1.0',
  id: 'access-1',
  source: 'urn:access',
  type: 'access.usage',
  time: '2026-04-30T12:00:00Z',
  data: { deployment_id: references.get('deployment_id')?.['deployment'], kind: 'bandwidth_gb', quantity: '1' },
});

/** All references with the ids of one side. */
export const allFrom = (names: readonly string[], ids: Ids): Map<string, Ids> =>
  new Map(names.map((name) => [name, ids]));
