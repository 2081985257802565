import { describe, expect, it } from '@jest/globals'
import { parseNodeFacts } from './nodeFacts.ts'

describe('parseNodeFacts', () => {
  it('keeps what the node has, and what pods may have of it', () => {
    const status = { capacity: { memory: '8Gi' }, allocatable: { memory: '7Gi' } }
    expect(parseNodeFacts({ status })).toEqual({
      memory: { capacityKib: 8 * 1024 ** 2, allocatableKib: 7 * 1024 ** 2 },
      isVirtual: false,
    })
  })

  it('knows nothing of a node whose kubelet has not spoken', () => {
    expect(parseNodeFacts({ status: { capacity: { memory: '8Gi' } } }).memory).toBeUndefined()
  })

  it.each([
    ['its label', { metadata: { labels: { type: 'virtual-kubelet' } } }],
    ['its taint', { spec: { taints: [{ key: 'virtual-kubelet.io/provider' }] } }],
  ])('knows a virtual one by %s', (_what, raw) => {
    expect(parseNodeFacts(raw).isVirtual).toBe(true)
  })
})
