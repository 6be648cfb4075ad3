import { provisioning, type RequestContract } from '@arcadia/contracts';
import { z } from 'zod';
import { referenceKinds } from './access-matrix.ts';

type Schema = {
  readonly [key: string]: unknown;
  readonly anyOf?: Schema[];
  readonly oneOf?: Schema[];
  readonly allOf?: Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
};

/** The text fields of a schema at any depth, as `items[].kind`; those with a fixed list of values are checked by the schema itself. */
const textFields = (schema: Schema, at = ''): string[] => {
  const inner = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])];
  const isText = [schema['type']].flat().includes('string') && !('enum' in schema) && !('const' in schema);
  const { additionalProperties: rest } = schema;
  return [
    ...inner.flatMap((each) => textFields(each, at)),
    ...Object.entries(schema.properties ?? {}).flatMap(([name, each]) =>
      textFields(each, at === '' ? name : `${at}.${name}`),
    ),
    ...(schema.items === undefined ? [] : textFields(schema.items, `${at}[]`)),
    ...(typeof rest === 'object' ? textFields(rest, `${at}.*`) : []),
    ...(isText ? [at] : []),
  ];
};

/** Every text field of a command's input. */
export const textFieldsOf = ({ input }: Pick<RequestContract, 'input'>): string[] => [
  ...new Set(textFields(z.toJSONSchema(input, { io: 'input', unrepresentable: 'any', reused: 'inline' }) as Schema)),
];

/** Every text field of the inputs of each kind of saga. */
export const fieldsOfSagas = Object.entries(provisioning.sagaInputs).flatMap(([kind, input]) =>
  textFieldsOf({ input }).map((field) => ({ kind, field })),
);

/** Fields that name something that exists by a word, or by ids in a list. */
const namingFields: ReadonlySet<string> = new Set([
  'plan_code',
  'addon_code',
  'kind',
  'kinds[]',
  'code',
  'currency',
  'country',
  'provider',
  'provider_id',
  'provider_project_id',
  'tag_bindings[]',
  'tenants[]',
  'offered_to[]',
  'drift_ids[]',
  'resource_ids[]',
  'suppression_id',
  ...['region', 'size_slug', 'image', 'template_code'],
  // Of a saga: what else it names at the provider.
  ...['ssh_keys[]', 'vpc_uuid', 'volumes[]', 'snapshots[]', 'volume_snapshots[]', 'reserved_ips[]'],
]);

/** Fields that are values, not names of something that exists: words of a person, amounts and quantities, times. */
const valueFields: ReadonlySet<string> = new Set([
  ...[
    'name',
    'email_recipients[]',
    'display_name',
    'slug',
    'description',
    'reason',
    'reference',
    'purpose',
    'confirm',
    'unit',
    'csv',
    'source',
  ],
  ...['address[]', 'registration_number', 'buyer_reference', 'subject', 'id', 'if_match', 'url'],
  // Of a bucket: nothing but an attempt shows whether it exists.
  ...['endpoint_url', 'bucket', 'prefix', 'access_key', 'secret_access_key', 'schedule'],
  // Kept for the tenant and without effect: no list of them exists.
  ...['llm_mode', 'template_version'],
  // Of a saga: tags are created with the droplet, and the others are texts.
  ...['tags[]', 'user_data', 'message'],
  // A size may be retired, or be offered later; that its kind has a dimension is checked.
  'dimension',
  ...[
    'qty',
    'quantity',
    'value',
    'percent',
    'rate',
    'fraction',
    'up_to',
    'included_qty',
    'hard_cap_qty',
    'overage_unit',
  ],
  ...['unit_price_cents', 'overage_price_cents', 'mark_up_percent', 'price_monthly', 'unit_price'],
  ...[
    'volumes_gb',
    'snapshots_gb',
    'backups_gb',
    'spaces_gb',
    'database_storage_gb',
    'nfs_gb',
    'custom_images_gb',
    '*',
  ],
  ...['from', 'until', 'to', 'time', 'period', 'from_period', 'first_period', 'last_period', 'first_day', 'last_day'],
  ...['effective_at', 'starts_at', 'ends_at', 'trial_ends_at', 'expires_at', 'expires_on', 'paid_at', 'valid_from'],
  ...['redeemable_from', 'redeemable_until'],
]);

/** Fields that have another meaning in one command. */
const exceptions: Readonly<Record<string, 'name' | 'value'>> = {
  'fx-rate.put rates[].from': 'name',
  'fx-rate.put rates[].to': 'name',
  'tenant-terms.add-discount code': 'name',
  'scheduled-exports.create region': 'value',
  'scheduled-exports.update region': 'value',
};

const nameOf = (field: string): string => field.split('.').at(-1) ?? field;

/** Whether a field names something that must exist, or is a value; null: it is not decided yet. */
export const senseOf = (command: string, field: string): 'name' | 'value' | null => {
  const name = nameOf(field);
  const sense = exceptions[`${command} ${field}`];
  if (sense !== undefined) return sense;
  if (name in referenceKinds || namingFields.has(name)) return 'name';
  return valueFields.has(name) ? 'value' : null;
};
