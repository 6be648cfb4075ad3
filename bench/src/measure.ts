/** The result of one timed slice of one side. */
export type Slice = { units: number; ms: number; cpuMs: number };

/** Processor time is that of this process, unless the side gives that of another one. */
export type Side = () => Promise<Omit<Slice, 'cpuMs'> & { cpuMs?: number }>;

export type Gate = {
  /** For rates, ours / bare must be at least the gate; for durations, at most. */
  kind: 'at-least' | 'at-most';
  gate: number;
  aim: number;
};

export type Ratio = { median: number; q1: number; q3: number };

export type Verdict = 'pass' | 'fail' | 'inconclusive';

export type Summary = {
  ours: number;
  bare: number;
  ratio: Ratio;
  verdict: Verdict;
  /** Largest figure of each side divided by its smallest: above 1.5 the machine was too noisy for a verdict. */
  spread: { ours: number; bare: number };
  cpuMicrosPerUnit: { ours: number; bare: number };
  pairs: { ours: number; bare: number; ratio: number }[];
};

/**
 * Runs both sides alternately (A B, B A, …), so that other load on the machine affects both alike.
 * @param rateOf units per second, or seconds, whichever the bench compares
 */
export async function measurePairs(options: {
  ours: Side;
  bare: Side;
  pairs: number;
  gate: Gate;
  figureOf?: (slice: Slice) => number;
  onPair?: (done: number) => void;
}): Promise<Summary> {
  const figureOf = options.figureOf ?? ((slice) => (slice.units / slice.ms) * 1000);
  const measured: { ours: Slice; bare: Slice }[] = [];
  for (let pair = 0; pair < options.pairs; pair += 1) {
    if (pair % 2 === 0) {
      const ours = await timed(options.ours);
      measured.push({ ours, bare: await timed(options.bare) });
    } else {
      const bare = await timed(options.bare);
      measured.push({ ours: await timed(options.ours), bare });
    }
    options.onPair?.(pair + 1);
  }
  return summarize(measured, figureOf, options.gate);
}

async function timed(side: Side): Promise<Slice> {
  const before = process.cpuUsage();
  const slice = await side();
  const used = process.cpuUsage(before);
  return { cpuMs: (used.user + used.system) / 1000, ...slice };
}

function summarize(measured: { ours: Slice; bare: Slice }[], figureOf: (slice: Slice) => number, gate: Gate): Summary {
  const pairs = measured.map(({ ours, bare }) => {
    const figures = { ours: figureOf(ours), bare: figureOf(bare) };
    return { ...figures, ratio: figures.ours / figures.bare };
  });
  const ratio = quartiles(pairs.map((pair) => pair.ratio));
  const spreadOf = (figures: readonly number[]) => Math.max(...figures) / Math.min(...figures);
  const bareFigures = pairs.map((pair) => pair.bare);
  const spread = { ours: spreadOf(pairs.map((pair) => pair.ours)), bare: spreadOf(bareFigures) };
  const cpuOf = (side: 'ours' | 'bare') => {
    const total = measured.reduce((sum, pair) => sum + pair[side].cpuMs, 0);
    return (total * 1000) / measured.reduce((sum, pair) => sum + pair[side].units, 0);
  };
  return {
    ours: quartiles(pairs.map((pair) => pair.ours)).median,
    bare: quartiles(bareFigures).median,
    ratio,
    verdict: verdictOf(ratio, Math.max(spread.ours, spread.bare), gate),
    spread,
    cpuMicrosPerUnit: { ours: cpuOf('ours'), bare: cpuOf('bare') },
    pairs,
  };
}

/** The verdict; inconclusive if a side is noisy (`spread`: the larger of both) or the gate lies between the quartiles. */
export function verdictOf(ratio: Ratio, spread: number, gate: Gate): Verdict {
  if (spread > 1.5) return 'inconclusive';
  if (ratio.q1 <= gate.gate && gate.gate <= ratio.q3) return 'inconclusive';
  const isGood = gate.kind === 'at-least' ? ratio.median >= gate.gate : ratio.median <= gate.gate;
  return isGood ? 'pass' : 'fail';
}

export function quartiles(values: readonly number[]): Ratio {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => {
    const place = (sorted.length - 1) * share;
    const low = sorted[Math.floor(place)] ?? Number.NaN;
    const high = sorted[Math.ceil(place)] ?? Number.NaN;
    return low + (high - low) * (place - Math.floor(place));
  };
  return { median: at(0.5), q1: at(0.25), q3: at(0.75) };
}
