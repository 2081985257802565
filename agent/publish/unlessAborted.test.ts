import { getEventListeners } from 'node:events'
import { describe, expect, it } from '@jest/globals'
import { unlessAborted } from './unlessAborted.ts'

describe('unlessAborted', () => {
  it('gives what came, or why it did not, and leaves nothing at the signal', async () => {
    const { signal } = new AbortController()
    expect(await unlessAborted(signal, Promise.resolve(7))).toBe(7)
    await expect(unlessAborted(signal, Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })

  it('gives nothing once the signal is aborted, before and while it waits', async () => {
    const stop = new AbortController()
    const waiting = unlessAborted(stop.signal, new Promise(() => undefined))
    stop.abort()
    expect(await waiting).toBeUndefined()
    expect(await unlessAborted(stop.signal, Promise.resolve(7))).toBeUndefined()
  })
})
