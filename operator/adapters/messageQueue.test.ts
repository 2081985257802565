import { describe, expect, it } from '@jest/globals'
import { MessageQueue } from './messageQueue.ts'

describe('MessageQueue', () => {
  it('gives everything that has come, and waits for the next', async () => {
    const queue = new MessageQueue<number>()
    queue.push(1)
    queue.push(2)
    expect(await queue.take()).toEqual([1, 2])
    const next = queue.take()
    queue.push(3)
    expect(await next).toEqual([3])
  })

  it('gives what came before its end, and then nothing', async () => {
    const queue = new MessageQueue<number>()
    queue.push(1)
    queue.end()
    expect(await queue.take()).toEqual([1])
    expect(await queue.take()).toEqual([])
  })

  it('gives what came before an error, and then the error', async () => {
    const queue = new MessageQueue<number>()
    queue.push(1)
    queue.end(new Error('cut off'))
    expect(await queue.take()).toEqual([1])
    await expect(queue.take()).rejects.toThrow('cut off')
  })
})
