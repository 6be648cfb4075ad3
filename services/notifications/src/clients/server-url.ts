import { type BlockList, isIP } from 'node:net';
import { isIn, isLoopback, isPublicAddress } from './public-address.ts';

/** The host of a URL as a resolver and a socket take it: an IPv6 address without its brackets. */
export const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '');

/** Whether a URL names this machine by an address or as `localhost`. */
const namesLoopback = (url: URL): boolean => hostOf(url) === 'localhost' || isLoopback(hostOf(url));

/**
 * Why nothing is sent to a URL, one sentence that begins with the name of its field; null if it may be. Names are resolved and
 * checked when something is sent. With `networks` a host of one of them may be named, also over plain http.
 */
export function faultOfUrl(
  text: string,
  {
    field = 'url',
    allowsLoopback,
    networks = null,
  }: { field?: string; allowsLoopback: boolean; networks?: BlockList | null },
): string | null {
  const url = URL.parse(text);
  if (url === null) return `\`${field}\` is no URL.`;
  const host = hostOf(url);
  const isOwnMachine = allowsLoopback && namesLoopback(url);
  const isAllowed = isOwnMachine || (networks !== null && (isIP(host) === 0 || isIn(networks, host)));
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isAllowed))
    return `\`${field}\` must begin with https://.`;
  if (url.username !== '' || url.password !== '')
    return `\`${field}\` may not contain a user or password; the signature shows the sender.`;
  if (isIP(host) !== 0 && !isPublicAddress(host) && !isAllowed)
    return `\`${field}\` names the address ${host}, which is not public.`;
  if (
    isIP(host) === 0 &&
    !isAllowed &&
    (!host.includes('.') || /\.(localhost|local|internal|home\.arpa)\.?$/.test(host))
  )
    return `\`${field}\` names the host ${host}, which is not public.`;
  return null;
}
