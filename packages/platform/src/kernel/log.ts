import { appendFileSync } from 'node:fs';
import { type Logger, type LoggerOptions, pino } from 'pino';

export type { Logger } from 'pino';

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

function redactLine(line: string): string {
  return redactText(line.replace(secretField, '"$1":"[redacted]"'));
}

/**
 * Creates a structured log: JSON lines, or lines for a person to read (`pretty`).
 * Known secret fields are removed and secrets quoted in texts are masked before anything is written.
 */
export function createLog(options: {
  name: string;
  level?: string;
  pretty?: boolean;
  /** The path of a file, or an object that takes lines; by default stdout. */
  destination?: string | { write(line: string): void };
}): Logger {
  const settings: LoggerOptions = {
    name: options.name,
    level: options.level ?? 'info',
    formatters: { level: (label) => ({ level: label }) },
    timestamp: pino.stdTimeFunctions.isoTime,
    base: null,
  };
  const { destination = process.stdout } = options;
  const sink = typeof destination === 'string' ? fileSink(destination) : destination;
  const write = (line: string) => {
    const safe = redactLine(line);
    sink.write(options.pretty === true ? prettyLine(safe) : safe);
  };
  return pino({ ...settings, base: { service: options.name } }, { write });
}

/** Appends each line at once, so that the lines logged before a crash are in the file and nothing has to be closed. */
function fileSink(path: string): { write(line: string): void } {
  return { write: (line) => appendFileSync(path, line) };
}

/** `12:00:01 metering warn a sentence {rest}`, for a terminal. */
function prettyLine(line: string): string {
  try {
    const { time, level, service, msg, name: _name, ...rest } = JSON.parse(line) as Record<string, unknown>;
    const at = String(time).slice(11, 23);
    const extra = Object.keys(rest).length === 0 ? '' : ` ${JSON.stringify(rest)}`;
    return `${at} ${String(service).padEnd(15)} ${String(level).padEnd(5)} ${String(msg)}${extra}\n`;
  } catch {
    return line;
  }
}
