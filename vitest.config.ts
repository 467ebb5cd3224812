import { defineConfig } from 'vitest/config'

// One project a tier; `static` holds the house rules, the others are described in CONTRIBUTING.md.
export default defineConfig({
  test: {
    passWithNoTests: true,
    projects: [
      { test: { name: 'static', include: ['test/unit/architecture.test.ts', 'test/unit/docs.test.ts'] } },
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], exclude: ['test/unit/architecture.test.ts', 'test/unit/docs.test.ts'] } },
      { test: { name: 'flow', include: ['test/flow/**/*.test.ts'], testTimeout: 20_000 } },
      { test: { name: 'hostile', include: ['test/hostile/**/*.test.ts'], testTimeout: 30_000, hookTimeout: 30_000 } },
      { test: { name: 'contract', include: ['test/contract/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 60_000 } },
      { test: { name: 'deploy', include: ['test/deploy/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 300_000 } },
      { test: { name: 'browser', include: ['test/browser/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 60_000 } },
    ],
  },
})
