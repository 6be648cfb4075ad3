import { type Tracing, type TracingSettings, untraced } from './tracing.ts';

/** The packages of OpenTelemetry are loaded only where a collector is configured. */
export async function startTracing(service: string, settings: TracingSettings): Promise<Tracing> {
  if (settings.endpoint === null) return untraced;
  const { exportSpans } = await import('./export-spans.ts');
  return exportSpans(service, { ...settings, endpoint: settings.endpoint });
}
