import type { Test } from '@jest/reporters'

/** Cheap first: unit, flow, integration (servers on loopback), virtual machines, then the real node, alphabetically within each. */
export default class CheapFirst {
  sort(tests: readonly Test[]): Test[] {
    return tests.toSorted((a, b) => rank(a.path) - rank(b.path) || a.path.localeCompare(b.path))
  }

  allFailedTests(tests: readonly Test[]): readonly Test[] {
    return tests
  }

  /** The order does not depend on earlier runs. */
  cacheResults(): void {}
}

function rank(path: string): number {
  if (path.endsWith('.node.test.ts')) return 4
  if (path.endsWith('.vm.test.ts')) return 3
  if (path.endsWith('.integration.test.ts')) return 2
  return path.includes('/test/') ? 1 : 0
}
