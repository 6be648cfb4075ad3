import path from 'node:path';
import type { Reporter, SerializedError, TestModule } from 'vitest/node';
import type { SkippedTests, TestCounts } from './test-counts.ts';

/** Counts tests and names the skipped ones; a file that could not be read at all counts as one failure. */
export class CountReporter implements Reporter {
  readonly #root: string;
  counts: TestCounts = { passed: 0, failed: 1, skipped: [] };

  constructor(root: string) {
    this.#root = root;
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const counts: TestCounts = { passed: 0, failed: 0, skipped: [] };
    for (const module of modules) {
      const file = path.relative(this.#root, module.moduleId);
      const failedBefore = counts.failed;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') counts.passed += 1;
        else if (state === 'failed') counts.failed += 1;
        else if (state === 'skipped') addSkipped(counts.skipped, file, test.fullName);
      }
      if (module.state() === 'failed' && counts.failed === failedBefore) counts.failed += 1;
    }
    // A run can also break outside of any test, and that is a failure too.
    if (unhandledErrors.length > 0 && counts.failed === 0) counts.failed = 1;
    this.counts = counts;
  }
}

/** A test that may be skipped names in its title, or in its suite's, what it needs: "reads the examples (needs ../examples)". */
function addSkipped(skipped: SkippedTests[], file: string, title: string): void {
  const needs = /\(needs ([^)]+)\)/.exec(title)?.[1] ?? null;
  const known = skipped.find((one) => one.file === file && one.needs === needs);
  if (known) known.tests += 1;
  else skipped.push({ file, tests: 1, needs });
}
