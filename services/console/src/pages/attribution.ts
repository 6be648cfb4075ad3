import type { provisioning, RequestOutput } from '@arcadia/contracts';
import type { Values } from '../command.ts';
import type { Field } from '../html/form.ts';
import { instantIn } from '../words/entered-time.ts';

/** The fields of an attribution by hand: to which deployment, since when, and why. */
export const attributionFields = (
  deployments: RequestOutput<typeof provisioning.listDeployments>['items'],
  chosen: string | null = null,
): Field[] => [
  {
    name: 'owner',
    label: 'Deployment',
    kind: 'choice',
    value: chosen ?? 'none',
    choices: [
      ['none', 'None: the operator’s own'],
      ['automatic', 'By tags and projects'],
      ...deployments.map(
        ({ deployment_id, display_name, tenant_id }) => [deployment_id, `${display_name} (${tenant_id})`] as const,
      ),
    ],
  },
  {
    name: 'since',
    label: 'From',
    hint: 'A UTC time, also in the past, such as 2026-04-01 or 2026-04-01 12:00. Empty: from now on.',
  },
  { name: 'reason', label: 'Reason', hint: 'Kept in the history.' },
];

/** The attribution that the fields hold. Throws InvalidForm. */
export const attributionIn = ({ owner = '', since = '', reason = '' }: Values) => {
  const effective_at = instantIn(since, 'since');
  return {
    ...(owner === 'automatic' ? { automatic: true as const } : { deployment_id: owner === 'none' ? null : owner }),
    ...(effective_at === null ? {} : { effective_at }),
    ...(reason.trim() === '' ? {} : { reason: reason.trim() }),
  };
};

/** The field of an attribution that the API names otherwise. */
export const attributionField = (pointer: string): string =>
  /deployment_id/.test(pointer)
    ? 'owner'
    : pointer.endsWith('effective_at')
      ? 'since'
      : (pointer.split('/').at(-1) ?? '');
