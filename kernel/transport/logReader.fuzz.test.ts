import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { eventsOf } from '#kernel/event/logEvents.testkit.ts'
import { interleave, mutate } from '#kernel/mutation.testkit.ts'
import { createRandom } from '#kernel/random.testkit.ts'
import type { OomLogEvent } from '#kernel/event/oomLogEvent.ts'

const folder = new URL('../../test/fixtures/dumps/', import.meta.url)
const dumps = readdirSync(folder)
  .filter((name) => name.endsWith('.log'))
  .map((name) => readFileSync(new URL(name, folder), 'utf8'))

const ROUNDS = 150

function pidsOf(events: readonly OomLogEvent[]): (number | undefined)[] {
  return events.flatMap(({ victims }) => victims.map(({ pid }) => pid))
}

describe('reading broken logs', () => {
  it('reads every cut of the saved dumps without inventing a victim', () => {
    for (const text of dumps) {
      const known = new Set(pidsOf(eventsOf(text)))
      // A cut within a line matters to that line and what follows it: the lines around are enough.
      const lines = text.split('\n')
      for (let at = 0; at < lines.length; at++) {
        const line = lines[at] ?? ''
        const [before, after] = [lines.slice(Math.max(0, at - 3), at), lines.slice(at + 1, at + 4)]
        for (let cut = 0; cut <= line.length; cut++) {
          const head = [...before, line.slice(0, cut)].join('\n')
          const tail = [line.slice(cut), ...after].join('\n')
          for (const part of [head, tail]) for (const pid of pidsOf(eventsOf(part))) expect(known).toContain(pid)
        }
        for (const part of [lines.slice(0, at), lines.slice(at)]) {
          for (const pid of pidsOf(eventsOf(part.join('\n')))) expect(known).toContain(pid)
        }
      }
    }
  })

  it('never throws, whatever a log was put together from', () => {
    const random = createRandom(20251217)
    let victims = 0
    for (let round = 0; round < ROUNDS; round++) {
      for (const text of dumps) {
        const other = dumps[random(dumps.length)] ?? ''
        const logs = random(8) === 0 ? interleave([text.split('\n'), other.split('\n')], random) : text.split('\n')
        for (const event of eventsOf(mutate(logs, random, 30).join('\n'))) {
          victims += event.victims.length
          expect(event.line).toBeGreaterThan(0)
          expect(event.victims.every(({ pid }) => Number.isSafeInteger(pid) && pid >= 0)).toBe(true)
        }
      }
    }
    expect(victims).toBeGreaterThan(ROUNDS)
  })
})
