import { readFileSync } from 'node:fs';

export type TestCount = { passed: number; failed: number };

type Report = {
  testResults: { status: string; assertionResults: { status: string }[] }[];
};

/** Counts what a vitest JSON report holds; a file that could not be read at all counts as one failure. */
export function countTests(reportFile: string): TestCount {
  const report = JSON.parse(readFileSync(reportFile, 'utf8')) as Report;
  let passed = 0;
  let failed = 0;
  for (const { status, assertionResults } of report.testResults) {
    const failedHere = assertionResults.filter((test) => test.status === 'failed').length;
    passed += assertionResults.filter((test) => test.status === 'passed').length;
    failed += status === 'failed' ? Math.max(failedHere, 1) : failedHere;
  }
  return { passed, failed };
}
