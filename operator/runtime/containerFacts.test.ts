import { describe, expect, it } from '@jest/globals'
import { cachedPodOf, containerOf } from '../testing/cachedPods.ts'
import { containerFacts } from './containerFacts.ts'

const memory = { limit: '64Mi', request: '32Mi' }

describe('containerFacts', () => {
  it('says how the container was set that lost a process', () => {
    const container = containerOf({ memory, restarts: 2 })
    const pod = cachedPodOf({ containers: [container], priorityClass: 'batch-low' })
    expect(containerFacts(pod, container)).toEqual({
      memoryLimit: '64Mi',
      memoryRequest: '32Mi',
      qosClass: 'Burstable',
      priorityClass: 'batch-low',
      restarts: 2,
    })
  })

  it('takes what the next one of that name has, where nobody saw the one before', () => {
    const gone = containerOf({ id: 'c1' })
    const pod = cachedPodOf({
      containers: [
        containerOf({ id: 'c3', name: 'sidecar', memory: { limit: '1Gi', request: undefined } }),
        containerOf({ id: 'c2', memory, restarts: 1 }),
        gone,
      ],
    })
    expect(containerFacts(pod, gone)).toMatchObject({ memoryLimit: '64Mi', restarts: 0 })
  })

  it('says of a container that is not known what its pod tells, and nothing of its memory', () => {
    const pod = cachedPodOf({ containers: [containerOf({ memory })] })
    expect(containerFacts(pod, undefined)).toEqual({ qosClass: 'Burstable' })
  })

  it('keeps to the bounds of a report whatever an object says', () => {
    const pod = cachedPodOf({ qosClass: 'Best\u001b[31m', priorityClass: 'x'.repeat(253) })
    expect(containerFacts(pod, undefined)).toEqual({ priorityClass: `${'x'.repeat(63)}…` })
  })
})
