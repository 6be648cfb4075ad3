import { isIP } from 'node:net';
import { isLoopback, isPublicAddress } from './public-address.ts';

/** The host of a URL as a resolver and a socket take it: an IPv6 address without its brackets. */
export const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '');

/** Whether a URL names this machine by an address or as `localhost`. */
const namesLoopback = (url: URL): boolean => hostOf(url) === 'localhost' || isLoopback(hostOf(url));

/** Why a webhook may not be posted to a URL, one sentence; null if it may. Names are resolved and checked when an event is sent. */
export function faultOfUrl(text: string, { allowsLoopback }: { allowsLoopback: boolean }): string | null {
  const url = URL.parse(text);
  if (url === null) return '`url` is no URL.';
  const isOwnMachine = allowsLoopback && namesLoopback(url);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isOwnMachine))
    return '`url` must begin with https://.';
  if (url.username !== '' || url.password !== '')
    return '`url` may not contain a user or password; the signature shows the sender.';
  const host = hostOf(url);
  if (isIP(host) !== 0 && !isPublicAddress(host) && !isOwnMachine)
    return `\`url\` names the address ${host}, which is not public.`;
  if (
    isIP(host) === 0 &&
    !isOwnMachine &&
    (!host.includes('.') || /\.(localhost|local|internal|home\.arpa)\.?$/.test(host))
  )
    return `\`url\` names the host ${host}, which is not public.`;
  return null;
}
