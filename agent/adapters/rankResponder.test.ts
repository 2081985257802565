import { describe, expect, it } from '@jest/globals'
import type { NatsConnection } from 'nats'
import pino from 'pino'
import { respondToRank } from './rankResponder.ts'

interface Asked {
  data: Uint8Array
  reply?: string
  respond: (answer: Uint8Array) => boolean
}

/** Holds the one subscription, and hands it messages. */
class FakeConnection {
  subject = ''
  #callback: (error: Error | null, message: Asked) => void = () => undefined

  subscribe(subject: string, { callback }: { callback: (error: Error | null, message: Asked) => void }): void {
    this.subject = subject
    this.#callback = callback
  }

  deliver(message: Asked, error: Error | null = null): void {
    this.#callback(error, message)
  }
}

function responding(answer: () => Promise<Uint8Array>) {
  const connection = new FakeConnection()
  const said: string[] = []
  const logger = pino({ base: null }, { write: (line: string) => void said.push(line) })
  respondToRank(connection as unknown as NatsConnection, 'node.a', { answer }, logger)
  return { connection, said }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

describe('respondToRank', () => {
  it('answers on the node’s subject', async () => {
    const { connection, said } = responding(() => Promise.resolve(Buffer.from('answer')))
    const answers: string[] = []
    connection.deliver({
      data: Buffer.from('{}'),
      reply: '_INBOX.1',
      respond: (answer) => answers.push(Buffer.from(answer).toString()) > 0,
    })
    await settled()
    expect(connection.subject).toBe('oom.v1.rank.node_a')
    expect(answers).toEqual(['answer'])
    expect(said).toEqual([])
  })

  it('does not even look for who wants no reply', async () => {
    let looked = 0
    const { connection } = responding(() => (looked++, Promise.resolve(Buffer.from('answer'))))
    connection.deliver({ data: Buffer.from('{}'), respond: () => true })
    await settled()
    expect(looked).toBe(0)
  })

  it('says that an answer cannot be sent, as where the server takes no message of that size, and goes on', async () => {
    const { connection, said } = responding(() => Promise.resolve(Buffer.from('answer')))
    const respond = () => {
      throw new Error('MAX_PAYLOAD_EXCEEDED')
    }
    connection.deliver({ data: Buffer.from('{}'), reply: '_INBOX.1', respond })
    await settled()
    expect(said).toEqual([expect.stringContaining('expected to answer a rank request, got: MAX_PAYLOAD_EXCEEDED')])
  })

  it('says what it could not hear', () => {
    const { connection, said } = responding(() => Promise.reject(new Error('not asked')))
    connection.deliver({ data: Buffer.from(''), respond: () => true }, new Error('permissions violation'))
    expect(said).toEqual([expect.stringContaining('expected to hear rank requests, got: permissions violation')])
  })
})
