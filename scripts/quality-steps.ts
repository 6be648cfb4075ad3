export type Outcome = { ok: boolean; text: string; note?: string };
export type Step = {
  name: string;
  command: readonly string[];
  /** Left out: the exit code decides. */
  judge?: (result: { code: number; output: string; stdout: string }) => Outcome;
};

/** Longest first, so that two cores end together. */
export const steps: readonly Step[] = [
  { name: 'types', command: ['tsc', '--project', 'tsconfig.json', '--pretty'] },
  { name: 'lint', command: ['oxlint', '--type-aware', '--deny-warnings'] },
  {
    name: 'walls',
    command: ['depcruise', 'packages', 'services', 'apps', 'scenarios', 'bench', '--output-type', 'json'],
    judge: judgeWalls,
  },
  { name: 'format', command: ['biome', 'check', '.', '--max-diagnostics=50'] },
];

type Cruise = {
  summary: {
    totalCruised: number;
    violations: { from: string; to: string; rule: { name: string }; comment?: string }[];
    ruleSetUsed: { forbidden: { name: string; comment?: string }[] };
  };
};

function judgeWalls({ output, stdout }: { output: string; stdout: string }): Outcome {
  let cruise: Cruise;
  try {
    cruise = JSON.parse(stdout) as Cruise;
  } catch {
    return { ok: false, text: output };
  }
  const { totalCruised, violations, ruleSetUsed } = cruise.summary;
  // A cruiser that cannot read TypeScript finds nothing, and nothing has no faults.
  if (totalCruised < 50)
    return { ok: false, text: `Only ${totalCruised} modules were found: the cruiser does not read TypeScript.` };
  const remedies = new Map(ruleSetUsed.forbidden.map((rule) => [rule.name, rule.comment ?? '']));
  const lines = violations.map(
    ({ rule, from, to }) => `  ${from} → ${to}\n    ${rule.name}: ${remedies.get(rule.name)}`,
  );
  return { ok: violations.length === 0, text: lines.join('\n'), note: `${totalCruised} modules` };
}
