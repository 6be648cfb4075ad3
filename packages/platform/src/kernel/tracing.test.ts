import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { expect, test } from 'vitest';
import { createLog } from './log.ts';
import { parsePlatformConfig } from './platform-config.ts';
import { startTracing } from './start-tracing.ts';
import { spanWithin, traceHeaders, traceparentNow, untraced } from './tracing.ts';

const away = { endpoint: 'http://127.0.0.1:9', headers: {}, share: 1 };
const caller = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;

test('without a collector there is no span, no header, and no package of OpenTelemetry beside its interface', async () => {
  const tracing = await startTracing('metering', parsePlatformConfig({}).tracing);
  expect(tracing).toBe(untraced);
  await tracing.span('anything', { kind: 'server', parent: caller }, async () => {
    expect(traceparentNow()).toBeNull();
    expect(traceHeaders()).toBeNull();
    expect(await spanWithin('inner', { kind: 'client' }, async () => traceparentNow())).toBeNull();
  });
  const program = `
    import { registerHooks } from 'node:module';
    const loaded = [];
    registerHooks({ resolve: (name, context, next) => { loaded.push(name); return next(name, context); } });
    await import(${JSON.stringify(path.resolve(import.meta.dirname, '../index.ts'))});
    console.log(JSON.stringify(loaded.filter((name) => /^@opentelemetry.(sdk|exporter|resources|otlp)/.test(name))));`;
  const printed = execFileSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' });
  expect(JSON.parse(printed)).toEqual([]);
});

test('a span is part of the trace that it names, and what it starts is part of the span', async () => {
  const tracing = await startTracing('metering', away);
  const seen = await tracing.span('outer', { kind: 'server', parent: caller, requestId: 'r-1' }, async () => {
    const outer = traceparentNow();
    const inner = await spanWithin('inner', { kind: 'client' }, async () => traceparentNow());
    return { outer, inner, headers: traceHeaders() };
  });
  expect(seen.outer).toMatch(new RegExp(`^00-${'a'.repeat(32)}-[0-9a-f]{16}-01$`));
  expect(seen.inner).toMatch(new RegExp(`^00-${'a'.repeat(32)}-[0-9a-f]{16}-01$`));
  expect(seen.inner).not.toBe(seen.outer);
  expect(seen.headers).toEqual({ traceparent: seen.outer });
  expect(traceparentNow()).toBeNull();
  await tracing.stop();
});

test('a trace that its caller does not record is not recorded, and keeps its id', async () => {
  const tracing = await startTracing('metering', away);
  const parent = caller.replace(/01$/, '00');
  const seen = await tracing.span('outer', { kind: 'server', parent }, async () => traceparentNow());
  expect(seen).toMatch(new RegExp(`^00-${'a'.repeat(32)}-[0-9a-f]{16}-00$`));
  await tracing.stop();
});

test.for([
  ['with a collector', away],
  ['without a collector', { ...away, endpoint: null }],
] as const)('lines that are logged while a request is served have its id, %s', async ([, settings]) => {
  const lines: string[] = [];
  const log = createLog({ name: 'metering', destination: { write: (line) => void lines.push(line) } });
  const tracing = await startTracing('metering', settings);
  log.info('before');
  await tracing.span('outer', { kind: 'server', parent: caller, requestId: 'r-1' }, async () => log.info('within'));
  await tracing.stop();
  const [before, within] = lines.map((line) => JSON.parse(line) as Record<string, string>);
  expect(before).not.toHaveProperty('request_id');
  expect(within).toMatchObject({ request_id: 'r-1' });
  expect(within?.['trace_id']).toBe(settings.endpoint === null ? undefined : 'a'.repeat(32));
});

test('a collector that never answers neither delays the work nor the end of the service', {
  timeout: 20_000,
}, async () => {
  const server = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const tracing = await startTracing('metering', { ...away, endpoint: `http://127.0.0.1:${port}` });
  const startedMs = performance.now();
  await tracing.span('outer', { kind: 'server' }, async () => undefined);
  expect(performance.now() - startedMs).toBeLessThan(1_000);
  await tracing.stop();
  expect(performance.now() - startedMs).toBeLessThan(8_000);
  server.closeAllConnections();
  server.close();
});

test('headers for the collector are read as OpenTelemetry writes them, and a wrong share is refused', () => {
  const { tracing } = parsePlatformConfig({
    OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector.example',
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20x%3D1,tenant=arcadia',
    OTEL_TRACES_SAMPLER_ARG: '0.25',
  });
  expect(tracing).toEqual({
    endpoint: 'https://collector.example',
    headers: { authorization: 'Bearer x=1', tenant: 'arcadia' },
    share: 0.25,
  });
  expect(() => parsePlatformConfig({ OTEL_TRACES_SAMPLER_ARG: '10' })).toThrow(/OTEL_TRACES_SAMPLER_ARG: at most 1/);
  expect(() => parsePlatformConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' })).toThrow(/give the URL/);
});
