import { gzipSync } from 'node:zlib'
import { describe, expect, it } from '@jest/globals'
import { killEventOf } from '../testing/killEvents.ts'
import { Explainer, NOT_EXPLAINED } from './explainer.ts'

const event = killEventOf({ rawDump: gzipSync('Mem-Info:\n').toString('base64') })
const everybody = () => true

/** A clock on which each look takes this long. */
function slowClock(perLookMs: number): { monotonicMs: () => number; pass: (ms: number) => void } {
  let nowMs = 0
  return { monotonicMs: () => (nowMs += perLookMs), pass: (ms) => void (nowMs += ms) }
}

describe('Explainer', () => {
  it('explains within its share of the time, and says so where it does not', () => {
    const clock = slowClock(100)
    const explainer = new Explainer(clock.monotonicMs)
    const verdicts = Array.from({ length: 40 }, () => explainer.explain(event, everybody).verdict)
    const explained = verdicts.filter((verdict) => verdict !== NOT_EXPLAINED).length
    // 100 ms each, of a second saved and a fifth of what passes.
    expect(explained).toBeGreaterThanOrEqual(12)
    expect(explained).toBeLessThanOrEqual(25)
    clock.pass(10_000)
    expect(explainer.explain(event, everybody).verdict).not.toBe(NOT_EXPLAINED)
  })

  it('tells what a kill in one line says, whatever the budget', () => {
    const explainer = new Explainer(slowClock(10_000).monotonicMs)
    for (let kill = 0; kill < 3; kill++) explainer.explain(event, everybody)
    expect(explainer.explain(killEventOf(), everybody).verdict).toMatch(/^eater \(pid 8123\) was killed/)
  })
})
