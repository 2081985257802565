import { describe, expect, it } from '@jest/globals'
import { setImmediate as turn } from 'node:timers/promises'
import { decide } from '../policies/decide.ts'
import { FakeBucket } from '../testing/fakeBucket.ts'
import { clusterFactsOf, policyOf, policyPodOf } from '../testing/policies.ts'
import { DesiredStates } from './desiredStates.ts'

const NODES = 100
const FACTS = clusterFactsOf()
const NOW = new Date('2026-03-01T10:00:00.000Z')
const pods = Array.from({ length: NODES }, (_, at) =>
  policyPodOf({ node: `node-${at}`, members: [{ name: 'app', type: 'App', id: at.toString(16).padStart(64, '0') }] }),
)
const ALLOWED = { allowCrossQoS: true, allowUnlimited: true }
const desired = (value = 500) => decide([policyOf('p', { ...ALLOWED, oomScoreAdj: { value } })], pods, FACTS).desired

/** Answers after a moment, and fails where it is told to. */
class SlowBucket extends FakeBucket {
  underWay = 0
  mostUnderWay = 0
  /** Numbers of the writes that fail: before they take effect, or after that. */
  failing = new Map<number, 'before' | 'after'>()
  #puts = 0

  override async put(token: string, state: string): Promise<number> {
    const fails = this.failing.get(++this.#puts)
    this.mostUnderWay = Math.max(this.mostUnderWay, ++this.underWay)
    await turn()
    this.underWay--
    if (fails === 'before') throw new Error('lost')
    const revision = await super.put(token, state)
    if (fails === 'after') throw new Error('answer lost')
    return revision
  }
}

describe('DesiredStates', () => {
  it('has some writes under way together, and not all of them', async () => {
    const bucket = new SlowBucket()
    await (await DesiredStates.read(bucket)).write(desired(), NOW)
    expect(bucket.states.size).toBe(NODES)
    expect(bucket.mostUnderWay).toBe(32)
  })

  it.each(['before', 'after'] as const)(
    'after a write that failed %s it took effect writes what is missing and nothing twice',
    async (moment) => {
      const bucket = new SlowBucket()
      bucket.failing.set(50, moment)
      const states = await DesiredStates.read(bucket)
      await expect(states.write(desired(), NOW)).rejects.toThrow('lost')
      expect(bucket.underWay).toBe(0)
      expect(bucket.states.size).toBeLessThan(NODES)
      await (await DesiredStates.read(bucket, states)).write(desired(), NOW)
      expect([bucket.states.size, bucket.writes]).toEqual([NODES, NODES])
    },
  )

  it('writes nothing again that is there, whenever that was', async () => {
    const bucket = new SlowBucket()
    const states = await DesiredStates.read(bucket)
    await states.write(desired(), NOW)
    await states.write(desired(), new Date(NOW.getTime() + 60_000))
    await (await DesiredStates.read(bucket)).write(desired(), new Date(NOW.getTime() + 120_000))
    expect(bucket.writes).toBe(NODES)
    await states.write(desired(501), NOW)
    expect(bucket.writes).toBe(2 * NODES)
  })

  it('remembers over a failure where a policy had been, and where it left by a write without an answer', async () => {
    const bucket = new SlowBucket()
    const states = await DesiredStates.read(bucket)
    await states.write(desired(), NOW)
    bucket.failing.set(NODES + 7, 'after')
    const audit = decide([policyOf('p', { ...ALLOWED, mode: 'Audit' })], pods, FACTS).desired
    await expect(states.write(audit, NOW)).rejects.toThrow('answer lost')
    const again = await DesiredStates.read(bucket, states)
    expect(again.nodesOf('p')).toHaveLength(NODES)
    await again.write(new Map(), NOW)
    expect(again.nodesOf('p')).toHaveLength(NODES)
    expect(bucket.states.size).toBe(0)
  })
})
