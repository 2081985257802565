import { describe, expect, it } from '@jest/globals'
import { styleOf } from '../analysis/style.ts'
import { columnsOf } from '../analysis/columns.ts'
import { clusterOf, policyOf, RAILS, rawPod } from './policies.testkit.ts'
import { formatTest } from './policyText.ts'
import { previewPolicies } from './previewPolicies.ts'
import { findingsOf } from './testResult.ts'

const OPTIONS = { style: styleOf(false), room: undefined, isWide: false, top: 10 }

async function linesOf(spec: object, objects: unknown[], options: Partial<typeof OPTIONS> | { room: number } = {}) {
  const preview = previewPolicies([policyOf('a', spec)], await clusterOf(...objects), RAILS)
  const result = {
    preview,
    protectedMemory: { percent: 40, from: 'operator' as const },
    nodes: [],
    replays: [],
    notes: ['Something \u001b[2J else.'],
    findings: findingsOf(preview),
  }
  return formatTest(result, { ...OPTIONS, ...options })
}

const LOWER = { oomScoreAdj: { value: 100 } }

describe('formatTest', () => {
  it('puts pods of a workload to which the same happens in one line, and what is refused first', async () => {
    const alone = { ...rawPod(9), metadata: { ...rawPod(9).metadata, name: 'zz', ownerReferences: [] } }
    const sealed = { ...alone, spec: { ...alone.spec, runtimeClassName: 'kata' } }
    const lines = await linesOf(LOWER, [rawPod(1), rawPod(2), sealed])
    expect(lines.slice(0, 6)).toEqual([
      'Policy a (Audit, priority 0)',
      '  3 pods with 3 containers match; it decides at 2; guard rails refuse 1. In mode',
      '  Audit nothing is written; what follows is what Enforce would do.',
      '',
      '  NAMESPACE   WORKLOAD         CONTAINER   PODS   QOS         BEFORE   AFTER   WHY_NOT',
      '  shop        Pod/zz           app         1      Burstable   875      -       Unsupported',
    ])
    expect(lines[6]).toBe('  shop        Deployment/web   app         2      Burstable   875      100     -')
    expect(lines.at(-1)).toBe('• Policy a: guard rails refuse 1 of 3 containers (Unsupported).')
  })

  it('keeps to a narrow terminal, and shows nothing that a terminal would act on', async () => {
    const lines = await linesOf(LOWER, [rawPod(1)], { room: 50 })
    expect(Math.max(...lines.map(columnsOf))).toBeLessThanOrEqual(50)
    expect(lines.join('\n')).toContain('Something \\x1b[2J else.')
    expect(lines.join('\n')).toContain("  Policies may protect 40 % of a node's memory, as\n  the operator is set.")
  })

  it('says what is not shown', async () => {
    const pods = [1, 2, 3].map((number) => ({
      ...rawPod(number),
      metadata: { ...rawPod(number).metadata, ownerReferences: [] },
    }))
    expect(await linesOf(LOWER, pods, { top: 1 })).toContain('  … and 2 more (--top)')
  })
})
