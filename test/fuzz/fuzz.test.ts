import { describe, expect, it } from '@jest/globals'
import { analyseBytes, type Analyser, type Analysis } from './analyseBytes.ts'
import { checkBytes, checkInput } from './checkInput.ts'
import { createInput } from './createInput.ts'
import { readFixtureLogs } from './fixtureLogs.ts'
import { INVARIANTS } from './invariants.ts'
import { runFuzz } from './runFuzz.ts'

const SHORT_RUN = 600

const logs = readFixtureLogs()
const [whole] = logs.map(({ lines }) => Buffer.from(lines.join('\n')))

/** The real analyser, with a fault put into what it says. */
function planted(change: (analysis: Analysis) => Partial<Analysis>): Analyser {
  return (bytes, thorough) => {
    const analysis = analyseBytes(bytes, thorough)
    return { ...analysis, ...change(analysis) }
  }
}

/** One of each kind that there must not be, by the invariant that finds it. */
const PLANTED: Readonly<Record<string, (analysis: Analysis) => Partial<Analysis>>> = {
  'text keeps to 80 columns': ({ text }) => ({ text: `${text}${'日'.repeat(41)}\n` }),
  'no control character is shown': ({ markdown }) => ({ markdown: `${markdown}\u001b[2J` }),
  'all text is well formed': ({ text }) => ({ text: `${text}\ud83d\n` }),
  'every value is one': ({ json }) => ({ json: json.replace('"line":', '"rssPages":-1,"line":') }),
  'sentences have words and numbers': ({ text }) => ({ text: `${text}freed NaN KiB\n` }),
  'no share is more than the whole': ({ text }) => ({ text: `${text}142 MiB of 128 MiB (111 %)\n` }),
  'no size is negative': ({ text }) => ({ text: `${text}-5 KiB\n` }),
  'no victim is invented': ({ events }) => ({
    events: events.map((event) => ({ ...event, victims: [{ pid: 4_194_303, command: 'nobody' }] })),
  }),
  'events have a place in the log': ({ events }) => ({ events: events.map((event) => ({ ...event, line: 0 })) }),
  'every form tells every event': ({ events }) => ({ events: [...events, ...events] }),
  'YAML is what JSON is': ({ yaml }) => ({ yaml: yaml?.replace('version: 1', 'version: 2') }),
}

describe('analysing spoiled logs', () => {
  it('holds for some hundreds of seeds, as for the million of make fuzz', () => {
    let events = 0
    for (let seed = 1; seed <= SHORT_RUN; seed++) {
      const checked = checkInput(seed, logs, analyseBytes)
      expect({ seed, fault: checked.fault }).toEqual({ seed, fault: undefined })
      events += checked.events
    }
    expect(events).toBeGreaterThan(SHORT_RUN)
  })

  it('gives a seed the same input each time, and another seed another', () => {
    expect(createInput(7, logs).equals(createInput(7, logs))).toBe(true)
    expect(createInput(7, logs).equals(createInput(8, logs))).toBe(false)
  })

  it.each(INVARIANTS.map(({ name }) => name))('finds it when it does not hold that %s', (name) => {
    const change = PLANTED[name]
    if (change === undefined) throw new Error(`expected a planted fault for this invariant, found none: ${name}`)
    expect(checkBytes(whole ?? Buffer.alloc(0), true, analyseBytes).fault).toBeUndefined()
    expect(checkBytes(whole ?? Buffer.alloc(0), true, planted(change)).fault).toMatch(new RegExp(`^${name}: `))
  })

  it('finds what throws, and where', () => {
    const { fault } = checkInput(7, logs, () => {
      throw new RangeError('Invalid string length')
    })
    expect(fault).toMatch(/^threw RangeError: Invalid string length at .*fuzz\.test\.ts/)
  })
})

describe('runFuzz', () => {
  it('checks each seed once, in two threads', async () => {
    const seeds = { first: 100, count: 40 }
    const inOne = Array.from({ length: seeds.count }, (_seed, at) => checkInput(seeds.first + at, logs, analyseBytes))
    const report = await runFuzz({ seeds, threads: 2, hangAfterMs: 60_000 })
    expect(report).toMatchObject({ events: inOne.reduce((sum, { events }) => sum + events, 0), failed: undefined })
  })

  it('names the seed that never comes to an end', async () => {
    const analyser = new URL('neverEnds.testkit.ts', import.meta.url)
    const report = await runFuzz({ seeds: { first: 7, count: 1 }, threads: 1, hangAfterMs: 300, analyser })
    expect(report.failed).toEqual({ seed: 7, fault: 'no end after 0.3 s, twice' })
  })
})
