import { describe, expect, it } from '@jest/globals'
import { EXIT, ProgramError } from '#program/errors.ts'
import type { ShownRanking } from './shownRanking.ts'
import { watchRanking } from './watchRanking.ts'

const look = (processCount: number): ShownRanking => ({ scannedAt: '', processCount, candidates: [] })

function foreseen(message: string, retry: boolean, exitCode?: number): ProgramError {
  return new ProgramError(message, { code: 'X', retry, exitCode })
}

/** Looks as told, and is interrupted after the last. */
async function watch(looks: readonly (ShownRanking | Error)[], interruptedDuring?: number) {
  const shown: [number, string | undefined][] = []
  const slept: number[] = []
  let at = 0
  let isInterrupted = false
  await watchRanking(
    () => {
      const next = looks[at]
      isInterrupted = at++ === interruptedDuring
      if (next === undefined) throw new Error('expected no look after it was interrupted')
      return next instanceof Error ? Promise.reject(next) : Promise.resolve(next)
    },
    2000,
    {
      show: ({ processCount }, trouble) => shown.push([processCount, trouble]),
      sleep: (ms) => Promise.resolve(slept.push(ms) < looks.length && !isInterrupted),
      isInterrupted: () => isInterrupted,
    },
  )
  return { shown, slept }
}

describe('watchRanking', () => {
  it('looks, shows and sleeps, until it is interrupted', async () => {
    expect(await watch([look(1), look(2)])).toEqual({
      shown: [
        [1, undefined],
        [2, undefined],
      ],
      slept: [2000, 2000],
    })
  })

  it('keeps what was seen last, with the reason, while it may come back', async () => {
    const gone = foreseen('expected processes in a container ab, got none', false, EXIT.finding)
    const { shown } = await watch([look(1), gone, foreseen('no answer', true), look(2)])
    expect(shown).toEqual([
      [1, undefined],
      [1, 'expected processes in a container ab, got none'],
      [1, 'no answer'],
      [2, undefined],
    ])
  })

  it.each<[string, (ShownRanking | Error)[], string]>([
    ['of the first look', [foreseen('nothing there', true)], 'nothing there'],
    ['that waiting does not mend', [look(1), foreseen('no proc', false)], 'no proc'],
    ['that nobody foresaw', [look(1), new Error('a bug')], 'a bug'],
  ])('ends with an error %s', async (_which, looks, message) => {
    await expect(watch(looks)).rejects.toThrow(message)
  })

  it('says nothing of what was interrupted', async () => {
    expect((await watch([look(1), new Error('aborted')], 1)).shown).toEqual([[1, undefined]])
    expect((await watch([look(1), look(2)], 1)).shown).toEqual([[1, undefined]])
  })
})
