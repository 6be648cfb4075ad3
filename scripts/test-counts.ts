/** What one run of tests came to; `skipped` names each file with tests that did not run, and the reason in their titles. */
export type TestCounts = { passed: number; failed: number; skipped: SkippedTests[] };
export type SkippedTests = { file: string; tests: number; needs: string | null };

const marker = 'test counts: ';

/** The line by which a run of tests reports to `npm test`; kept with the task's log, so a cached run reports again. */
export function countsLine(counts: TestCounts): string {
  return `${marker}${JSON.stringify(counts)}`;
}

/** The counts in a line of a task's log, if it is the line that reports them. */
export function countsIn(line: string): TestCounts | undefined {
  return line.startsWith(marker) ? (JSON.parse(line.slice(marker.length)) as TestCounts) : undefined;
}

export function addCounts(all: readonly TestCounts[]): TestCounts {
  return {
    passed: all.reduce((sum, { passed }) => sum + passed, 0),
    failed: all.reduce((sum, { failed }) => sum + failed, 0),
    skipped: all.flatMap(({ skipped }) => skipped),
  };
}
