import { defineConfig } from 'vitest/config'

const conditions = ['@kbackup/source']
const resolve = { conditions }
const ssr = { resolve: { conditions, externalConditions: conditions } }

export default defineConfig({
  test: {
    projects: [
      {
        resolve,
        ssr,
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts', 'test-harness/{src,demo}/**/*.test.ts', 'scripts/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // By itself vitest leaves one of two cores to its own thread, which has little to do.
          maxWorkers: 2,
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'e2e',
          include: ['test-harness/e2e/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          // Half of their time is waiting for brokers; more of them at once would wait for each other.
          maxWorkers: 2,
        },
      },
    ],
  },
})
