import { describe, expect, it } from '@jest/globals'
import { clusterOf, policyOf, rawPod } from './policies.testkit.ts'
import { describeProtectedMemory, previewAsSet } from './previewAsSet.ts'
import type { SettingsAnswer } from './ports.ts'

/** Protects a container of 4 GiB on a node of 8 GiB: half of it. */
const PROTECT = policyOf('a', { oomScoreAdj: { value: 100 } })
const FLAGS = { protectedMemoryPercent: undefined, operatorNamespace: 'oomkeeper' }
const told = (protectedMemoryPercent: number, namespace = 'oomkeeper'): SettingsAnswer => ({
  settings: { version: 1, namespace, protectedMemoryPercent, rollbackWindowSeconds: 600 },
})

async function preview(answer: SettingsAnswer, flags: object = {}, policy = PROTECT) {
  let asked = 0
  const objects = await clusterOf(rawPod(1, '4Gi'))
  const given = { ...FLAGS, ...flags }
  const { preview: previewed, protectedMemory } = await previewAsSet([policy], objects, given, () => {
    asked++
    return Promise.resolve(answer)
  })
  const outcome = previewed.policies[0]?.containers[0]?.outcome
  return { asked, outcome, ownNamespace: previewed.facts.rails.ownNamespace, protectedMemory }
}

describe('previewAsSet', () => {
  it('goes by what the operator is set to', async () => {
    expect(await preview(told(40, 'guards'))).toEqual({
      asked: 1,
      outcome: 'refused',
      ownNamespace: 'guards',
      protectedMemory: { percent: 40, from: 'operator' },
    })
    expect((await preview(told(50))).outcome).toBe('sets')
  })

  it('goes by the flag where there is one, and asks nobody', async () => {
    expect(await preview(told(100), { protectedMemoryPercent: 30 })).toMatchObject({
      asked: 0,
      outcome: 'refused',
      protectedMemory: { percent: 30, from: 'flag' },
    })
  })

  it('takes the default where no operator tells, or nothing is selected', async () => {
    const protectedMemory = { percent: 50, from: 'default' }
    expect(await preview({ problem: 'gone' })).toMatchObject({ asked: 1, outcome: 'sets', protectedMemory })
    const nobody = policyOf('a', { podSelector: { matchLabels: { app: 'none' } } })
    expect(await preview(told(40), {}, nobody)).toMatchObject({ asked: 0, outcome: undefined, protectedMemory })
  })
})

describe('describeProtectedMemory', () => {
  it('says who says so', () => {
    expect(describeProtectedMemory({ percent: 40, from: 'operator' })).toBe(
      "Policies may protect 40 % of a node's memory, as the operator is set.",
    )
  })
})
