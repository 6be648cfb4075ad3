import type { Json, provisioning, RequestOutput } from '@arcadia/contracts';
import type { Values } from '../command.ts';
import type { Field } from '../html/form.ts';
import { inWords } from '../words/names.ts';

type Deployment = RequestOutput<typeof provisioning.listDeployments>['items'][number];
type Resource = { provider_id: string; name: string; kind: string; attrs: Readonly<Record<string, Json>> };

/** What a form offers to choose from. */
export type Offered = { deployments: readonly Deployment[]; droplets: readonly Resource[] };

export type StartedKind = Exclude<provisioning.SagaKind, 'echo' | 'fail'>;

/** How a person starts one kind of saga: the fields, and the inputs that are made from them. */
export type SagaForm = {
  /** What the saga does, in a sentence. */
  explanation: string;
  fields: (offered: Offered) => readonly Field[];
  /** Further fields beside the quote, where the person sees what it is about. */
  further?: readonly Field[];
  inputs: (values: Values) => Record<string, Json>;
  /** What must be typed before it starts: the short name of the deployment, or the name of the droplet. */
  confirms: 'deployment' | 'droplet' | null;
  isQuoted: boolean;
  isDangerous: boolean;
};

const deploymentField = (
  { deployments }: Offered,
  { isRequired, states }: { isRequired: boolean; states?: readonly string[] },
): Field => ({
  name: 'deployment_id',
  label: 'Deployment',
  kind: 'choice',
  isRequired,
  choices: [
    ...(isRequired ? [] : [['', 'None: the operator’s own'] as const]),
    ...deployments
      .filter(({ state }) => state !== 'archived' && (states?.includes(state) ?? true))
      .map(
        ({ deployment_id, display_name, tenant_id, state }) =>
          [deployment_id, `${display_name} (${tenant_id}, ${inWords(state).toLowerCase()})`] as const,
      ),
  ],
});

const sizeField: Field = {
  name: 'size_slug',
  label: 'Size',
  hint: 'The provider’s name, such as s-2vcpu-4gb.',
  isRequired: true,
};

const reasonField: Field = { name: 'reason', label: 'Reason', hint: 'Kept in the history.' };

/** The texts in a field that are separated by commas or spaces. */
const listIn = (text = ''): string[] => text.split(/[\s,]+/).filter(Boolean);

/** The inputs that were filled in. */
const given = (values: Values, names: readonly string[]): Record<string, Json> =>
  Object.fromEntries(
    names.flatMap((name) => {
      const text = values[name]?.trim() ?? '';
      return text === '' ? [] : [[name, text]];
    }),
  );

const ofDeployment = (values: Values): Record<string, Json> => given(values, ['deployment_id', 'reason', 'confirm']);

export const sagaForms: Readonly<Record<StartedKind, SagaForm>> = {
  provision_droplet: {
    explanation:
      'Creates a droplet at the provider and waits until it is active. If that fails, the droplet is deleted.',
    fields: (offered) => [
      deploymentField(offered, { isRequired: false }),
      { name: 'name', label: 'Name', hint: 'Such as web-1.', isRequired: true },
      { name: 'region', label: 'Region', hint: 'Such as syd1.', isRequired: true },
      sizeField,
      { name: 'image', label: 'Image', hint: 'A slug or an id.', value: 'ubuntu-24-04-x64', isRequired: true },
      { name: 'tags', label: 'Tags', hint: 'Separated by commas.' },
      { name: 'ssh_keys', label: 'SSH keys', hint: 'Ids or fingerprints, separated by commas.' },
      { name: 'monitoring', label: 'Install the provider’s monitoring agent', kind: 'tick', value: 'true' },
      { name: 'ipv6', label: 'Public IPv6 address', kind: 'tick' },
    ],
    inputs: (values) => ({
      ...given(values, ['deployment_id', 'name', 'region', 'size_slug', 'image']),
      tags: listIn(values['tags']),
      ssh_keys: listIn(values['ssh_keys']).map((key) => (/^\d{1,15}$/.test(key) ? Number(key) : key)),
      monitoring: values['monitoring'] === 'true',
      ipv6: values['ipv6'] === 'true',
    }),
    confirms: null,
    isQuoted: true,
    isDangerous: false,
  },
  resize_droplet: {
    explanation:
      'Shuts the droplet down, changes its size, and starts it again. If that fails, it gets its old size back.',
    fields: ({ droplets }) => [
      {
        name: 'provider_id',
        label: 'Droplet',
        kind: 'choice',
        isRequired: true,
        choices: droplets.map(
          ({ provider_id, name, attrs }) =>
            [provider_id, `${name} (${typeof attrs['size_slug'] === 'string' ? attrs['size_slug'] : ''})`] as const,
        ),
      },
      sizeField,
      {
        name: 'disk',
        label: 'Grow the disk too',
        hint: 'A disk never shrinks again, so such a resize cannot be undone.',
        kind: 'tick',
      },
    ],
    inputs: (values) => ({
      ...given(values, ['provider_id', 'size_slug', 'confirm']),
      disk: values['disk'] === 'true',
    }),
    confirms: 'droplet',
    isQuoted: true,
    isDangerous: true,
  },
  suspend: {
    explanation: 'Shuts every droplet of the deployment down and suspends the deployment. Its data stays.',
    fields: (offered) => [
      deploymentField(offered, { isRequired: true, states: ['trial', 'active', 'past_due', 'paused'] }),
    ],
    further: [reasonField],
    inputs: ofDeployment,
    confirms: 'deployment',
    isQuoted: false,
    isDangerous: true,
  },
  resume: {
    explanation: 'Starts every droplet that a suspension shut down, and makes the deployment active again.',
    fields: (offered) => [deploymentField(offered, { isRequired: true, states: ['suspended', 'paused', 'past_due'] })],
    further: [reasonField],
    inputs: (values) => given(values, ['deployment_id', 'reason']),
    confirms: null,
    isQuoted: false,
    isDangerous: false,
  },
  offboard: {
    explanation:
      'Deletes every droplet of the deployment for good, with what is ticked below, and archives the deployment. A deletion cannot be undone.',
    fields: (offered) => [deploymentField(offered, { isRequired: true })],
    further: [{ name: 'final_snapshot', label: 'Take a snapshot of each droplet first', kind: 'tick' }, reasonField],
    inputs: (values) => ({
      ...ofDeployment(values),
      final_snapshot: values['final_snapshot'] === 'true',
      delete_with: {
        volumes: listIn(values['volumes']),
        snapshots: listIn(values['snapshots']),
        volume_snapshots: listIn(values['volume_snapshots']),
        reserved_ips: listIn(values['reserved_ips']),
      },
    }),
    confirms: 'deployment',
    isQuoted: false,
    isDangerous: true,
  },
};

export const isStartedKind = (kind: string): kind is StartedKind => Object.hasOwn(sagaForms, kind);

/** Under which name a resource is deleted with the droplets; null for one that stays. */
export const deletableAs = ({ kind, attrs }: Pick<Resource, 'kind' | 'attrs'>): string | null => {
  if (kind === 'volume') return 'volumes';
  if (kind === 'floating_ip') return 'reserved_ips';
  if (kind === 'snapshot') return attrs['resource_type'] === 'volume' ? 'volume_snapshots' : 'snapshots';
  return null;
};
