import { defineConfig } from 'vitest/config';

/** Whole servers, workers and Redis as processes: they measure time, and so run one after another, alone. */
const PROCESS_TESTS = ['test/scenario/**/*.test.ts', 'test/simulation/**/*.test.ts'];

export default defineConfig({
  test: {
    // Two cores: more workers than that only make the timing of each other worse.
    maxWorkers: 2,
    // A test that hangs must not hang the run; a slow machine must not fail it.
    teardownTimeout: 10_000,
    projects: [
      {
        test: {
          name: 'parts',
          include: ['test/**/*.test.ts'],
          exclude: [...PROCESS_TESTS, '**/node_modules/**'],
          testTimeout: 15_000,
          hookTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'processes',
          include: PROCESS_TESTS,
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
