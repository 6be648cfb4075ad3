/**
 * Texts of a 422 that reports an event in progress or a locked resource. The provider's id is `unprocessable_entity` for these and
 * for invalid input alike, so only the text distinguishes them.
 * Source: answers of the provider to POST /v2/droplets/{id}/actions and DELETE /v2/droplets/{id}: "Droplet already has a pending
 * event." and "There are currently blocking events processing for one or more of the droplets."
 */
const busy =
  /\b(pending|blocking|ongoing|another|other) (event|action|operation)s?\b|\b(event|action|operation)s? (is |are )?(already |currently |still )?(pending|processing|running|in[ -]progress)\b|\b(is|are|currently|still|has been) locked\b|\blocked (by|for)\b|\bis (currently )?(busy|being \w+ed)\b|\bin[ -]progress\b|\btry again\b/i;

/**
 * Returns whether the provider refused a request only for the present: 429; and for a write 409, 412 and 423, 422 with a text that
 * reports an event in progress, and every 422 to a deletion, because a deletion has nothing that could be invalid but the state
 * of its resource.
 */
export function isNotNow(refused: { method: string; status: number | null; message: string }): boolean {
  const { method, status, message } = refused;
  if (status === 429) return true;
  if (method === 'GET' || status === null) return false;
  if (status === 409 || status === 412 || status === 423) return true;
  return status === 422 && (method === 'DELETE' || busy.test(message));
}
