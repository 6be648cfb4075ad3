import type { Context } from '../context.ts';
import { type PreviewList, type PreviewLists, type PreviewSummary, previewSteps } from '../domain/invoices/preview.ts';
import { forecastSteps } from '../domain/rating/forecast.ts';
import { ratingSteps } from '../domain/rating/rate.ts';
import { inSlices } from '../rating/in-slices.ts';
import {
  findPreview,
  hasManyDeployments,
  keepPreview,
  previewRevision,
  previewRows,
} from '../store/previews/previews.ts';
import { adjustmentsBefore, countedUntil, inputSoFar, type PreviewedMonth } from './preview-month.ts';

/** A preview whose lists can be read in part. */
export type PreviewSource = {
  summary: PreviewSummary;
  /** Rows of a list from a position on. */
  rows<List extends PreviewList>(list: List, from: number, limit: number): Promise<PreviewLists[List][number][]>;
};

/**
 * Rates a month by the function that will invoice it. Of a tenant with many deployments the result is kept until anything that
 * it rests on changes, so that a page of it costs the same however large the tenant is.
 */
export async function previewSource(ctx: Context, month: PreviewedMonth): Promise<PreviewSource> {
  if (month.deploymentId === undefined && (await hasManyDeployments(ctx.db, month.tenantId)))
    return keptSource(ctx, month);
  return sourceOf(await computePreview(ctx, month));
}

type Computed = { summary: PreviewSummary; lists: PreviewLists };

const sourceOf = ({ summary, lists }: Computed): PreviewSource => ({
  summary,
  rows: async (list, from, limit) => lists[list].slice(from, from + limit),
});

async function keptSource(ctx: Context, month: PreviewedMonth): Promise<PreviewSource> {
  // Read before the input, so that a change meanwhile makes what is kept outdated.
  const revision = await previewRevision(ctx.db, month);
  const summary = await findPreview(ctx.db, month, revision);
  if (summary === null) return sourceOf(await computeOnce(ctx, month, revision));
  return {
    summary,
    rows: async (list, from, limit) => {
      const kept = await previewRows(ctx.db, { ...month, revision, list, from, limit });
      return kept ?? sourceOf(await computeOnce(ctx, month, revision)).rows(list, from, limit);
    },
  };
}

/** The previews that this process computes at present; requests for one of them wait for it together. */
const computing = new WeakMap<Context['db'], Map<string, Promise<Computed>>>();

const computeOnce = (ctx: Context, month: PreviewedMonth, revision: string): Promise<Computed> => {
  const inProcess = computing.get(ctx.db) ?? new Map<string, Promise<Computed>>();
  computing.set(ctx.db, inProcess);
  const key = `${revision} ${month.period} ${month.tenantId}`;
  const running = inProcess.get(key);
  if (running !== undefined) return running;
  const started = computeAndKeep(ctx, month, revision).finally(() => inProcess.delete(key));
  inProcess.set(key, started);
  return started;
};

const computeAndKeep = async (ctx: Context, month: PreviewedMonth, revision: string): Promise<Computed> => {
  const computed = await computePreview(ctx, month);
  const now = ctx.clock.now().toString();
  await ctx.transact((tx) => keepPreview(tx.sql, { ...month, revision, ...computed, now }));
  return computed;
};

const computePreview = async (ctx: Context, month: PreviewedMonth): Promise<Computed> => {
  const given = await inputSoFar(ctx, month);
  const until = await countedUntil(ctx, month);
  const soFar = await inSlices(ratingSteps(given));
  const expected = await inSlices(forecastSteps(given, until));
  const adjustments = await adjustmentsBefore(ctx, month);
  const forecast = expected === given ? soFar : await inSlices(ratingSteps(expected));
  return inSlices(previewSteps({ usageUntil: until.toString(), soFar, forecast, adjustments }));
};
