import { beforeEach, describe, expect, it } from '@jest/globals'
import { purgeFloods } from './floodPurge.ts'
import type { Checkpoint } from './killStream.ts'
import { NodeShares } from './nodeShares.ts'

let purged: string[]
let checkpoint: Checkpoint | undefined
let shares: NodeShares

const stream = {
  readCheckpoint: () => Promise.resolve({ checkpoint, revision: 1 }),
  state: () => Promise.resolve({ identity: 'one', firstSequence: 1, lastSequence: 9 }),
  purgeNode: (token: string, sequence: number) => Promise.resolve(void purged.push(`${token} below ${sequence}`)),
}
const flood = (sequence: number): void => {
  const subject = `oom.v1.kill.node-a.0f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60.${sequence}`
  shares.takeBeyond({ sequence, subject, data: new Uint8Array(1) })
}

beforeEach(() => {
  purged = []
  shares = new NodeShares(0)
})

describe('purgeFloods', () => {
  it('removes a flooding node’s messages up to the checkpoint, until it is behind the last of them', async () => {
    flood(7)
    checkpoint = { stream: 'one', sequence: 5 }
    await purgeFloods(stream, shares)
    checkpoint = { stream: 'one', sequence: 8 }
    await purgeFloods(stream, shares)
    await purgeFloods(stream, shares)
    expect(purged).toEqual(['node-a below 6', 'node-a below 9'])
  })

  it('removes nothing where nobody floods, nor by the checkpoint of another stream', async () => {
    checkpoint = { stream: 'one', sequence: 5 }
    await purgeFloods(stream, shares)
    flood(3)
    checkpoint = { stream: 'other', sequence: 5 }
    await purgeFloods(stream, shares)
    checkpoint = undefined
    await purgeFloods(stream, shares)
    expect(purged).toEqual([])
  })
})
