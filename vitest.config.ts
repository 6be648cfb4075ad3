import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const rooms = ['packages/*', 'services/*', 'apps/*', 'scenarios', 'bench'];
const globalSetup = ['packages/testkit/src/global-setup.ts'];

/** Unit tests lie beside the code, service tests in test/, whole stories in scenarios/, long fault runs in test-faults/. */
export default defineConfig({
  test: {
    // Processes rather than threads: a worker that is killed takes the servers it started with it.
    pool: 'forks',
    maxWorkers: Math.max(2, availableParallelism()),
    // Each worker loads the platform and its libraries once, not once a file: most of a unit test's time. Nothing mocks a
    // module, so no file sees what another has changed.
    isolate: false,
    // Tests wait for states with expect.poll, never for times. Limits of time only end what hangs: a crowded machine must
    // not fail a test.
    expect: { poll: { timeout: 30_000, interval: 20 } },
    // Tests load the code as the services do: by Node itself.
    experimental: { viteModuleRunner: false },
    projects: [
      {
        test: {
          name: 'unit',
          include: [...rooms.map((room) => `${room}/src/**/*.test.ts`), 'scripts/*.test.ts'],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'service',
          include: rooms.map((room) => `${room}/test/**/*.test.ts`),
          globalSetup,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'scenarios',
          include: ['scenarios/*.test.ts', 'scenarios/src/**/*.test.ts'],
          globalSetup,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: { name: 'interrupts', include: ['scripts/test/*.test.ts'], testTimeout: 60_000 },
      },
      {
        test: {
          name: 'faults',
          include: rooms.flatMap((room) => [`${room}/test-faults/**/*.test.ts`, `${room}/**/*.faults.ts`]),
          globalSetup,
          testTimeout: 600_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
