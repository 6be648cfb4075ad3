import { appendFileSync } from 'node:fs';
import { type Logger, type LoggerOptions, pino } from 'pino';
import { redactLine } from './redact.ts';
import { workFields } from './tracing.ts';

export type { Logger } from 'pino';
export { errorText, redactText } from './redact.ts';

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
    // The request and the trace that a line belongs to.
    mixin: workFields,
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
