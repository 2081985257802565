import { describe, expect, it } from '@jest/globals'
import { killEventOf, messageOf } from '../testing/killEvents.ts'
import { readAgain } from './readAgain.ts'

const record = killEventOf({ sequence: 7 })
const stored = async (sequence: number) => messageOf(3, killEventOf({ sequence }))

describe('readAgain', () => {
  it('gives the kill as its message tells it', async () => {
    expect(await readAgain(() => stored(7), 3, record)).toMatchObject({
      message: { sequence: 3 },
      event: { sequence: 7, candidates: record.candidates },
    })
  })

  it('gives nothing of a kill that the stream has no longer', async () => {
    expect(await readAgain(async () => undefined, 3, record)).toBeUndefined()
  })

  it('takes no other kill for it, as a stream that was made anew has there', async () => {
    await expect(readAgain(() => stored(8), 3, record)).rejects.toMatchObject({ code: 'StreamReplaced', retry: true })
  })
})
