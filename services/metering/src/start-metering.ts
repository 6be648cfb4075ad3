import type { Context } from './context.ts';
import { addKnownKinds } from './kinds/add-known-kinds.ts';
import { reportClosing } from './periods/report-closing.ts';

/** Adds the kinds that are new in this version, then reports periods that cannot be closed; returns how to stop the reports. */
export async function startMetering(ctx: Context): Promise<() => Promise<void>> {
  await addKnownKinds(ctx);
  return reportClosing(ctx);
}
