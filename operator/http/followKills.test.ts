import { describe, expect, it } from '@jest/globals'
import { cachedPodOf } from '../testing/cachedPods.ts'
import { POD_UID, killEventOf, messageOf } from '../testing/killEvents.ts'
import type { StoredMessage } from '../runtime/readKill.ts'
import { followKills, type KillFilter } from './followKills.ts'

const pod = cachedPodOf()

async function follow(batches: readonly (readonly StoredMessage[])[], filter: KillFilter = {}, last = 6) {
  const asked: number[] = []
  const stream = {
    async *read(from: number) {
      asked.push(from)
      yield* batches
    },
  }
  const told: unknown[] = []
  const signal = new AbortController().signal
  for await (const line of followKills(stream, last, filter, (uid) => (uid === POD_UID ? pod : undefined), signal)) {
    told.push(line)
  }
  return { asked, told }
}

const ours = messageOf(7, killEventOf())
const theirs = messageOf(8, killEventOf({ node: 'node-b', sequence: 9, attribution: { source: 'none' } }))

describe('followKills', () => {
  it('begins behind what the stream holds, says at once that it follows, and names pod and container', async () => {
    const { asked, told } = await follow([[ours]])
    expect(asked).toEqual([7])
    expect(told).toEqual([
      undefined,
      expect.objectContaining({
        streamSequence: 7,
        node: 'node-a',
        victimPid: 8123,
        victimRssKib: 65_012,
        namespace: 'shop',
        podName: 'eater-abc-1',
        containerName: 'app',
      }),
    ])
  })

  it('goes on where a follower left off, and not behind the end of a stream that is another one', async () => {
    expect((await follow([], { after: 3 })).asked).toEqual([4])
    expect((await follow([], { after: 900 })).asked).toEqual([7])
  })

  it('tells of one node, or one namespace', async () => {
    const nodes = async (filter: KillFilter) =>
      (await follow([[ours, theirs]], filter)).told.slice(1).map((line) => (line as { node: string }).node)
    expect(await nodes({})).toEqual(['node-a', 'node-b'])
    expect(await nodes({ node: 'node-b' })).toEqual(['node-b'])
    expect(await nodes({ namespace: 'shop' })).toEqual(['node-a'])
  })

  it('leaves out what is no kill and the second line of a victim, and gives a sign of life in the quiet', async () => {
    const twice = messageOf(8, killEventOf({ sequence: 426, repeats: 425 }))
    const { told } = await follow([[{ ...ours, data: new Uint8Array([1]) }, twice], []])
    expect(told).toEqual([undefined, undefined])
  })

  it('names no pod of another node', async () => {
    const forged = messageOf(7, killEventOf({ node: 'node-b' }))
    const { told } = await follow([[forged]])
    expect(told[1]).not.toHaveProperty('podName')
  })
})
