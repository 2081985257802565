import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { eventsOf } from '#kernel/event/logEvents.testkit.ts'
import { createRandom } from '#kernel/random.testkit.ts'
import type { OomLogEvent } from '#kernel/event/oomLogEvent.ts'

const folder = new URL('../../test/fixtures/dumps/', import.meta.url)
const dumps = readdirSync(folder)
  .filter((name) => name.endsWith('.log'))
  .map((name) => readFileSync(new URL(name, folder), 'utf8'))

const ROUNDS = 150

const PREFIXES = [
  '',
  '    ',
  '> ',
  '[    1.000000] ',
  '[    1.000000][   T12] ',
  '<4>[    1.000000] ',
  '[jeu. nov. 23 10:11:12 2023] ',
  'Jun  4 17:19:10 h kernel: ',
  'Jun  4 17:19:10 h npd[6]: ',
  '2025-12-17T10:32:14.000000001Z stdout P ',
  '<4>1 2025-12-17T11:32:14Z h kernel - - - ',
  '4,1,2,-;',
  '{"MESSAGE":"',
]
const JUNK = [
  '\r',
  '\0',
  '\u001b[31m',
  '#012',
  '\u00a0',
  '>',
  '[',
  ']',
  '{',
  '"',
  ',pid=1,uid=0',
  '9'.repeat(30),
  '=',
  '\ufffd',
]

function mutate(text: string, random: (below: number) => number): string {
  const lines = text.split('\n')
  for (let count = random(30); count > 0; count--) {
    const at = random(lines.length)
    const line = lines[at] ?? ''
    const cut = random(line.length + 1)
    switch (random(5)) {
      case 0:
        lines[at] = `${line.slice(0, cut)}\n${line.slice(cut)}`
        break
      case 1:
        lines[at] = (PREFIXES[random(PREFIXES.length)] ?? '') + line.slice(line.indexOf('kernel: ') + 8)
        break
      case 2:
        lines[at] = line.slice(0, cut) + (JUNK[random(JUNK.length)] ?? '') + line.slice(cut)
        break
      case 3:
        lines.splice(at, random(8), lines[random(lines.length)] ?? '')
        break
      default:
        lines[at] = line.slice(cut)
    }
  }
  return lines.join('\n')
}

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
        for (const event of eventsOf(mutate(text, random))) {
          victims += event.victims.length
          expect(event.line).toBeGreaterThan(0)
          expect(event.victims.every(({ pid }) => Number.isSafeInteger(pid) && pid >= 0)).toBe(true)
        }
      }
    }
    expect(victims).toBeGreaterThan(ROUNDS)
  })
})
