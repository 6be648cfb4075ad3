/**
 * Texts of a 422 that reports an event in progress or a locked resource. The provider's id is `unprocessable_entity` for these and
 * for invalid input alike, so only the text distinguishes them.
 * Source: answers of the provider to POST /v2/droplets/{id}/actions and DELETE /v2/droplets/{id}: "Droplet already has a pending
 * event." and "There are currently blocking events processing for one or more of the droplets."; of a load balancer: "can't be
 * updated while it processes previous actions"; the states of a database cluster: creating, resizing, migrating, forking.
 */
const busy = new RegExp(
  [
    String.raw`\b(pending|blocking|ongoing|another|other|previous) (event|action|operation)s?\b`,
    String.raw`\b(event|action|operation|attachment)s? (is |are )?(already |currently |still )?(pending|processing|running|in[ -]progress)\b`,
    String.raw`\b(is|are|currently|still|has been) locked\b`,
    String.raw`\blocked (by|for)\b`,
    String.raw`\b(is|are) (currently |still |already )?(busy|being \w+)\b`,
    String.raw`\b(is|are) (currently |still |already )?(creating|resizing|migrating|forking|provisioning|upgrading|deleting)\b`,
    String.raw`\bnot (yet|online|ready)\b`,
    String.raw`\bin[ -]progress\b`,
    String.raw`\btry again\b`,
  ].join('|'),
  'i',
);

/**
 * Returns whether the provider refused a request only for the present: 429; and for a write 409, 412 and 423, 422 with a text that
 * reports an event in progress, and every 422 to a deletion without a body, because such a deletion has nothing that could be invalid
 * but the state of its resource.
 */
export function isNotNow(refused: {
  method: string;
  status: number | null;
  message: string;
  hasBody: boolean;
}): boolean {
  const { method, status, message, hasBody } = refused;
  if (status === 429) return true;
  if (method === 'GET' || status === null) return false;
  if (status === 409 || status === 412 || status === 423) return true;
  return status === 422 && ((method === 'DELETE' && !hasBody) || busy.test(message));
}
