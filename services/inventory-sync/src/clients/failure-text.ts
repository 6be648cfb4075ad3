import { kindEntry } from '@arcadia/contracts';
import { ProviderError } from '@arcadia/digitalocean';
import { errorText } from '@arcadia/platform';

/** The reason why a kind could not be listed; for a refused token with the scope that it lacks. */
export function failureText(kind: string, error: unknown): string {
  const scope = kind === 'project' ? 'project:read' : kindEntry(kind)?.scope;
  const isRefused = error instanceof ProviderError && error.status === 403 && scope !== undefined;
  return isRefused ? `${errorText(error)}; the token lacks the scope ${scope}` : errorText(error);
}
