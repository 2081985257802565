import { describe, expect, it } from '@jest/globals'
import { NodeShares, nodeShareBytes } from './nodeShares.ts'

const KIB = 1_024
const message = (sequence: number, node = 'node-a', bytes = 10, storedAtMs = 1_000) => ({
  sequence,
  subject: `oom.v1.kill.${node}.0f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60.${sequence}`,
  data: new Uint8Array(bytes),
  storedAtMs,
})

describe('nodeShareBytes', () => {
  it('is a quarter of the stream, and of a small one enough for a storm', () => {
    expect(nodeShareBytes(1024 * KIB * KIB)).toBe(256 * KIB * KIB)
    expect(nodeShareBytes(KIB * KIB)).toBe(16 * KIB * KIB)
  })
})

describe('NodeShares', () => {
  it('lets a node fill its share, small messages counted as 4 KiB, and no more', () => {
    const shares = new NodeShares(20 * KIB)
    const beyond = [1, 2, 3, 4, 5, 6, 7].map((sequence) => shares.takeBeyond(message(sequence)))
    expect(beyond).toEqual([undefined, undefined, undefined, undefined, undefined, 'node-a', 'node-a'])
    expect(shares.takeBeyond(message(8, 'node-b', 20 * KIB))).toBeUndefined()
    expect(shares.takeBeyond(message(9, 'node-b'))).toBe('node-b')
  })

  it('gives it back within the hour, by when messages were stored and not by when they are read', () => {
    const shares = new NodeShares(20 * KIB)
    expect(shares.takeBeyond(message(1, 'node-a', 20 * KIB))).toBeUndefined()
    expect(shares.takeBeyond(message(2, 'node-a', 10 * KIB, 1_700_000))).toBe('node-a')
    expect(shares.takeBeyond(message(3, 'node-a', 10 * KIB, 1_802_000))).toBeUndefined()
    // A server's clock that goes back gives nothing.
    expect(shares.takeBeyond(message(4, 'node-a', 10 * KIB, 5))).toBe('node-a')
  })

  it('names the nodes to remove messages of, until the last of these is removed', () => {
    const shares = new NodeShares(4 * KIB)
    for (const sequence of [1, 2, 3]) shares.takeBeyond(message(sequence))
    expect(shares.floods()).toEqual(['node-a'])
    shares.removed('node-a', 2)
    expect(shares.floods()).toEqual(['node-a'])
    shares.removed('node-a', 3)
    expect(shares.floods()).toEqual([])
  })

  it('leaves what is no kill of a node to whoever reads it', () => {
    expect(new NodeShares(0).takeBeyond({ ...message(1), subject: 'oom.v1.kill.x' })).toBeUndefined()
  })
})
