import { beforeEach, describe, expect, it } from '@jest/globals'
import { operatorError } from '../errors.ts'
import { FakeClock } from '../testing/fakeClock.ts'
import { killEventOf, messageOf } from '../testing/killEvents.ts'
import { waitingBy } from '../testing/waitingBy.ts'
import type { StoredMessage } from './readKill.ts'
import { RejectQueue, type RejectPorts } from './rejectQueue.ts'

let clock: FakeClock
let ports: RejectPorts
let steps: string[]
let queue: RejectQueue

beforeEach(() => {
  clock = new FakeClock(Date.parse('2026-03-01T10:00:01.000Z'))
  steps = []
  ports = {
    now: () => new Date(clock.nowMs),
    waiting: waitingBy(clock, { observer: { trouble: (part) => void steps.push(`${part} again`), fine: () => {} } }),
    observer: { rejected: ({ sequence }, reason) => void steps.push(`${sequence} rejected: ${reason}`) },
    publishReject: async ({ sequence }) => void steps.push(`${sequence} kept`),
  }
  queue = new RejectQueue(ports)
})

const killAt = (sequence: number): StoredMessage => messageOf(sequence, killEventOf({ sequence }))
const addAt = (sequence: number, isUntold = false): boolean =>
  queue.add({ message: killAt(sequence), reason: 'bad', isUntold })
const publish = (): Promise<void> =>
  clock.until(queue.publish((sequence, target) => void steps.push(`${sequence} for ${target?.key.name}`)))

describe('RejectQueue', () => {
  it('keeps messages in their order, each before it is told', async () => {
    expect([addAt(1), addAt(2)]).toEqual([true, true])
    await publish()
    expect(steps).toEqual(['1 kept', '1 rejected: bad', '1 for node-a', '2 kept', '2 rejected: bad', '2 for node-a'])
  })

  it('tells who adds one while others are published that it needs nobody, and publishes it too', async () => {
    let publishers: boolean[] = []
    ports.publishReject = async ({ sequence }) => {
      if (sequence === 1) publishers = [addAt(2)]
      steps.push(`${sequence} kept`)
    }
    addAt(1)
    await publish()
    expect(publishers).toEqual([false])
    expect(steps).toContain('2 kept')
    expect(addAt(3)).toBe(true)
  })

  it('tries again what could not be kept, before all that come after', async () => {
    let away = 2
    ports.publishReject = async ({ sequence }) => {
      if (away-- > 0) throw operatorError('NatsUnavailable', 'away')
      steps.push(`${sequence} kept`)
    }
    addAt(1)
    addAt(2)
    await publish()
    expect(steps.filter((step) => !step.includes('for'))).toEqual([
      'rejects again',
      'rejects again',
      '1 kept',
      '1 rejected: bad',
      '2 kept',
      '2 rejected: bad',
    ])
  })

  it('has no place in a report for one that it refused, and for one whose subject names no node', async () => {
    addAt(1, true)
    queue.add({ message: { ...killAt(2), subject: 'elsewhere' }, reason: 'bad', isUntold: false })
    await publish()
    expect(steps.filter((step) => step.includes('for'))).toEqual(['1 for undefined', '2 for undefined'])
  })
})
