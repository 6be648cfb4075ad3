/** Fields that hold a secret by their name, at any depth: `password`, `access_token`, `spaces_secret_key`. */
const secretField =
  /"([^"\\]*(?:authorization|password|secret|token|credential|api[_-]?key|cookie|dsn)[^"\\]*)":"(?:[^"\\]|\\.)*"/gi;
/** The password in an address, what follows `Bearer`, tokens that are known by their shape (JWT, DigitalOcean, API keys). */
const secretText: [RegExp, string][] = [
  [/([a-z][a-z0-9+.-]*:\/\/[^\s:/@"]*):[^\s@/"]+@/gi, '$1:[redacted]@'],
  [/\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi, '$1 [redacted]'],
  [/\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g, '[redacted]'],
  [/\bdo[a-z]_v1_[0-9a-f]{16,}/gi, '[redacted]'],
  [/\barcadia_[0-9a-f]{32}_[\w-]+/g, '[redacted]'],
];

/** Replaces the secrets quoted in a text by `[redacted]`. */
export function redactText(text: string): string {
  let safe = text;
  for (const [pattern, instead] of secretText) safe = safe.replace(pattern, instead);
  return safe;
}

/** The message of an error, without the secrets that it may quote. */
export function errorText(error: unknown): string {
  return redactText(error instanceof Error ? error.message : String(error));
}

/** A line of the log without its secrets. */
export function redactLine(line: string): string {
  return redactText(line.replace(secretField, '"$1":"[redacted]"'));
}
