/** A container of a node that a policy would protect. */
export interface ProtectedContainer {
  policy: string
  /** Of the policy. */
  priority: number
  mode: 'Audit' | 'Enforce'
  /** Which container it is: several policies may protect one, which counts once. */
  container: string
  /** When its pod was made, in seconds since 1970. */
  createdSeconds: number
  /** Its limit; where it has none, what it requests. */
  memoryKib: number
}

/**
 * Which protection of a node would go over its budget: the highest priorities have theirs first, of equals the oldest
 * pods. A policy that only audits is judged as if it alone were added to those that enforce.
 * @returns what is refused.
 */
export function planBudget<T extends ProtectedContainer>(wanted: readonly T[], budgetKib: number): ReadonlySet<T> {
  // Most nodes have room for all.
  if (sumKib(wanted) <= budgetKib) return new Set()
  const ordered = wanted.toSorted(byPrecedence)
  const enforced = ordered.filter(({ mode }) => mode === 'Enforce')
  const refused = new Set(overBudget(enforced, budgetKib))
  const audits = new Set(ordered.filter(({ mode }) => mode === 'Audit').map(({ policy }) => policy))
  for (const audit of audits) {
    const together = ordered.filter(({ mode, policy }) => mode === 'Enforce' || policy === audit)
    for (const one of overBudget(together, budgetKib)) if (one.policy === audit) refused.add(one)
  }
  return refused
}

function overBudget<T extends ProtectedContainer>(ordered: readonly T[], budgetKib: number): T[] {
  const counted = new Set<string>()
  let usedKib = 0
  return ordered.filter(({ container, memoryKib }) => {
    if (counted.has(container)) return false
    if (usedKib + memoryKib > budgetKib) return true
    counted.add(container)
    usedKib += memoryKib
    return false
  })
}

function sumKib(wanted: readonly ProtectedContainer[]): number {
  return wanted.reduce((sum, { memoryKib }) => sum + memoryKib, 0)
}

/** One order for all, so that the same are refused each time. */
function byPrecedence(a: ProtectedContainer, b: ProtectedContainer): number {
  return (
    b.priority - a.priority ||
    a.createdSeconds - b.createdSeconds ||
    compareText(a.container, b.container) ||
    compareText(a.policy, b.policy)
  )
}

function compareText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1
}
