import { notifications, type RequestOutput } from '@arcadia/contracts';
import { InvalidForm, type Values } from '../command.ts';
import type { HttpContext } from '../context.ts';
import { badge } from '../html/badge.ts';
import type { Field } from '../html/form.ts';
import type { Html } from '../html/html.ts';

export type Endpoint = RequestOutput<typeof notifications.getWebhookEndpoint>;
type NotificationType = Endpoint['event_types'][number];

export const isOperator = (c: HttpContext): boolean => c.get('session').person.tenantId === null;

/** The field of the form that a JSON pointer names; the types are one field. */
export const endpointField = (pointer: string): string => pointer.split('/')[1] ?? '';

/** The field that a refusal is about. */
export const endpointWords = { 'url-not-allowed': 'url', 'unknown-tenant': 'tenant_id' } as const;

/** The endpoint that a form describes. Throws InvalidForm. */
export const endpointIn = ({ url = '', description = '', event_types = '' }: Values) => {
  const types = event_types.split(',').filter(Boolean) as NotificationType[];
  const faults = {
    ...(url.trim() === '' ? { url: 'Enter the address that the notifications are posted to.' } : {}),
    ...(types.length === 0 ? { event_types: 'Tick at least one.' } : {}),
  };
  if (Object.keys(faults).length > 0) throw new InvalidForm(faults);
  return { url: url.trim(), description: description.trim(), event_types: types };
};

/** The fields of an endpoint. */
export const endpointFields = (c: HttpContext, present: Endpoint | null): Field[] => [
  {
    name: 'url',
    label: 'URL',
    hint: 'Notifications are posted to it: https, at a public address.',
    value: present?.url ?? '',
    isRequired: true,
  },
  { name: 'description', label: 'What it is for', value: present?.description ?? '' },
  {
    name: 'event_types',
    label: 'Notify of',
    kind: 'ticks',
    value: present?.event_types.join(',') ?? '',
    choices: Object.entries({
      ...notifications.tenantNotifications,
      ...(isOperator(c) && (present === null || present.tenant_id === null) ? notifications.operatorNotifications : {}),
    }).map(([type, meaning]) => [type, meaning.replace(/\.$/, '')] as const),
  },
];

const reasons = {
  person: 'Disabled',
  gone: 'Disabled: it is gone',
  failing: 'Disabled: it failed for days',
} as const;

/** Whether notifications are posted to an endpoint, and if not, why. */
export const endpointBadge = ({ status, disabled_because }: Endpoint): Html =>
  status === 'enabled' ? badge('active', 'Enabled') : badge('paused', reasons[disabled_because ?? 'person']);
