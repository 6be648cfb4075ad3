/** `warning`: the service can do its work, but a person should look at it. */
export type HealthFact = { ok: boolean; detail?: string; warning?: string; [extra: string]: unknown };
