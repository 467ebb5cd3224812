import { defineConfig } from 'vitest/config'

const house = ['test/unit/architecture.test.ts', 'test/unit/docs.test.ts']
// Traefik and Envoy are no Debian packages; a fresh machine has only those and npm.
const elsewhere =
  process.env['SIDEGATE_TEST_WHEELS'] === '1' ? [] : ['test/deploy/gateways/{traefik,envoy}.test.ts']

/**
 * One project a tier; `static` holds the house rules, the others are described in CONTRIBUTING.md. Tiers that start
 * programs run one after another, so that a small machine is not asked for everything at once.
 */
function tier(name: string, include: readonly string[], more: object = {}) {
  return { test: { name, include: [...include], ...more } }
}

function after(groupOrder: number) {
  return { sequence: { groupOrder } }
}

export default defineConfig({
  test: {
    passWithNoTests: true,
    projects: [
      tier('static', house),
      tier('unit', ['test/unit/**/*.test.ts'], { exclude: house, testTimeout: 20_000 }),
      tier('flow', ['test/flow/**/*.test.ts'], { testTimeout: 20_000 }),
      tier('hostile', ['test/hostile/**/*.test.ts'], { ...after(1), testTimeout: 30_000, hookTimeout: 30_000 }),
      tier('contract', ['test/contract/**/*.test.ts'], { ...after(2), testTimeout: 60_000, hookTimeout: 60_000 }),
      tier('compare', ['test/compare/**/*.test.ts'], { ...after(3), testTimeout: 300_000 }),
      tier('deploy', ['test/deploy/**/*.test.ts'], { ...after(3), exclude: elsewhere, testTimeout: 60_000, hookTimeout: 300_000 }),
      tier('browser', ['test/browser/**/*.test.ts'], { ...after(4), testTimeout: 60_000, hookTimeout: 60_000 }),
      tier('soak', ['test/soak/**/*.test.ts'], after(5)),
    ],
  },
})
