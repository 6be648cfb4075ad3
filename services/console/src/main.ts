import { ConfigError, createLog } from '@arcadia/platform';
import { parseConfig } from './config.ts';
import { startConsole } from './start.ts';

const level = process.env['LOG_LEVEL'] || 'info';
const log = createLog({ name: 'console', level, pretty: process.stdout.isTTY === true });
try {
  const running = await startConsole({ config: parseConfig(process.env), log });
  const stop = (): void => void running.stop().then(() => process.exit(0));
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
} catch (error) {
  const text = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${error instanceof ConfigError ? text : `console could not start: ${text}`}\n`);
  process.exitCode = 1;
}
