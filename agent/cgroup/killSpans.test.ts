import { beforeEach, describe, expect, it } from '@jest/globals'
import { KillSpans } from './killSpans.ts'

const [A, B, GONE] = ['/kubepods/pod1/a', '/kubepods/pod1/b', '/kubepods/pod2/gone']

let spans: KillSpans

const grown = (...growths: readonly (readonly [string, number])[]) => new Map(growths)

beforeEach(() => {
  spans = new KillSpans(100)
})

describe('KillSpans', () => {
  it('names the line of the one cgroup that has grown', () => {
    const line = spans.take(undefined)
    expect(line).toEqual({ cgroupPath: undefined, isOver: false })
    spans.look(101, grown([A, 1]))
    expect(line).toEqual({ cgroupPath: A, isOver: true })
  })

  it('names all lines of kills that one cgroup has counted, those that are read later too', () => {
    spans.look(103, grown([A, 3]))
    expect([spans.take(undefined), spans.take(A), spans.take(undefined)]).toMatchObject([
      { cgroupPath: A },
      { cgroupPath: A },
      { cgroupPath: A },
    ])
  })

  it('names a line by what is left when the others are known, whichever is read first', () => {
    const first = spans.take(undefined)
    spans.look(102, grown([A, 1], [B, 1]))
    expect(first.isOver).toBe(false)
    spans.take(B)
    expect(first).toEqual({ cgroupPath: A, isOver: true })
    spans.look(104, grown([A, 1], [B, 1]))
    spans.take(A)
    expect(spans.take(undefined).cgroupPath).toBe(B)
  })

  it('tells two apart when the counts were looked at in between', () => {
    spans.look(101, grown([A, 1]))
    spans.look(102, grown([B, 1]))
    expect([spans.take(undefined).cgroupPath, spans.take(undefined).cgroupPath]).toEqual([A, B])
  })

  it('knows when the last line of each span is read, whatever was unread when it was looked at', () => {
    spans.look(101, grown([A, 1]))
    spans.look(103, grown([A, 1], [B, 1]))
    spans.take(A)
    expect([spans.take(undefined), spans.take(undefined)]).toMatchObject([{ isOver: true }, { isOver: true }])
  })

  it('names neither of two lines when two cgroups have grown, and goes on', () => {
    const lines = [spans.take(undefined), spans.take(undefined)]
    spans.look(102, grown([A, 1], [B, 1]))
    expect(lines).toEqual([
      { cgroupPath: undefined, isOver: true },
      { cgroupPath: undefined, isOver: true },
    ])
    const next = spans.take(undefined)
    spans.look(103, grown([A, 1]))
    expect(next.cgroupPath).toBe(A)
  })

  it('takes what is missing for counted by a cgroup that is gone, when a line is known to be about it', () => {
    const line = spans.take(undefined)
    spans.take(GONE)
    spans.look(102, grown([A, 1]))
    expect(line.cgroupPath).toBe(A)
  })

  it('names nobody while something is missing that no line is known to be about', () => {
    const line = spans.take(undefined)
    spans.look(102, grown([A, 1]))
    expect(line.cgroupPath).toBeUndefined()
    spans.take(undefined)
    expect(line).toEqual({ cgroupPath: undefined, isOver: true })
  })

  it('names nobody where a line is known to be about a cgroup that has counted none: one of the two is wrong', () => {
    const line = spans.take(undefined)
    spans.take(B)
    spans.look(102, grown([A, 2]))
    expect(line).toEqual({ cgroupPath: undefined, isOver: true })
  })

  it('takes a line about a cgroup for one of the cgroup below it that has grown', () => {
    const line = spans.take(undefined)
    spans.take('/kubepods/pod1')
    spans.look(102, grown([A, 1], [GONE, 1]))
    expect(line.cgroupPath).toBe(GONE)
  })

  it('knows what no line is about', () => {
    spans.look(103, grown([A, 2], [B, 1]))
    spans.take(A)
    expect(spans.left()).toEqual(grown([A, 1], [B, 1]))
    spans.take(undefined)
    expect(spans.left()).toBeUndefined()
  })

  it('names nobody any more once lines are lost', () => {
    const before = spans.take(undefined)
    spans.lose()
    const after = spans.take(undefined)
    expect([before, after]).toMatchObject([{ isOver: true }, { isOver: true }])
    expect(spans.left()).toBeUndefined()
  })

  it('is bounded: of too many lines the first are let go of', () => {
    const lines = Array.from({ length: 2_000 }, () => spans.take(undefined))
    expect(lines[0]?.isOver).toBe(true)
    spans.look(2_100, grown([A, 2_000]))
    expect(lines.at(-1)?.cgroupPath).toBe(A)
  })
})
