import { parseUrn } from '@arcadia/contracts';
import type { ListedProject, Member } from '../domain/projects/project.ts';
import { plainAddress } from './describe.ts';

/** Limits of a kind, as filters and subjects allow it, and of an id, as an index can hold it; in characters. */
const longestKind = 63;
const longestId = 400;

/** A project in our terms. */
export const describeProject = (project: {
  id: string;
  name: string;
  description?: string | null | undefined;
  environment?: string | null | undefined;
  is_default: boolean;
}): ListedProject => ({
  providerId: project.id,
  name: project.name,
  description: project.description ?? '',
  environment: project.environment ?? null,
  isDefault: project.is_default,
});

/** A member by its URN. An unknown kind keeps the provider's name, in the characters that a kind may have. */
export const describeMember = (urn: string): Member[] => {
  const name = parseUrn(urn);
  if (name === undefined || name.id.length > longestId) return [];
  const kind = name.kind
    .replaceAll(/[^a-z0-9_]/g, '_')
    .replace(/^(?=[^a-z])/, 'x')
    .slice(0, longestKind);
  if (kind === 'dns_zone') return [{ kind, providerId: name.id.toLowerCase() }];
  return [{ kind, providerId: kind === 'floating_ip' ? plainAddress(name.id) : name.id }];
};
