import { describe, expect, it } from '@jest/globals'
import { NatsTrouble, natsErrorText } from './natsTrouble.ts'

const errorOf = (code: string, message: string, chained?: string): Error =>
  Object.assign(new Error(message), { code, ...(chained !== undefined && { chainedError: new Error(chained) }) })

describe('natsErrorText', () => {
  it('says what the client calls it, what is below it, and what to look at', () => {
    expect(
      natsErrorText(errorOf('CONNECTION_REFUSED', 'CONNECTION_REFUSED', 'connect ECONNREFUSED 10.0.0.1:4222')),
    ).toBe(
      'CONNECTION_REFUSED: connect ECONNREFUSED 10.0.0.1:4222; nobody listens there: does the NATS server run, is --nats-url right?',
    )
    expect(natsErrorText(errorOf('AUTHORIZATION_VIOLATION', "'Authorization Violation'"))).toMatch(
      /^AUTHORIZATION_VIOLATION: 'Authorization Violation'; the server refuses this login$/,
    )
    expect(natsErrorText(errorOf('DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed certificate'))).toBe(
      'DEPTH_ZERO_SELF_SIGNED_CERT: self-signed certificate',
    )
    expect(natsErrorText(errorOf('ENOTFOUND', 'getaddrinfo ENOTFOUND nats'))).toBe('getaddrinfo ENOTFOUND nats')
    expect(natsErrorText('closed\n')).toBe('closed\\x0a')
  })
})

describe('NatsTrouble', () => {
  it('says why a first connection cannot be made, until there is one', () => {
    const trouble = new NatsTrouble()
    expect(trouble.reason).toBe('no server has answered yet')
    trouble.failed(errorOf('TIMEOUT', 'TIMEOUT'))
    expect(trouble.reason).toMatch(/^TIMEOUT; no answer: /)
    trouble.connected()
    expect(trouble.reason).toBeUndefined()
  })

  it('says since when it is gone, and where it was tried again', () => {
    const trouble = new NatsTrouble()
    trouble.connected()
    trouble.noted({ type: 'disconnect', data: 'nats:4222' })
    expect(trouble.reason).toBe('the connection to nats:4222 has ended')
    for (const data of ['10.0.0.1:4222', '10.0.0.2:4222']) trouble.noted({ type: 'reconnecting', data })
    expect(trouble.reason).toBe('the connection to nats:4222 has ended; tried again at 10.0.0.2:4222')
    trouble.noted({ type: 'reconnect', data: 'nats:4222' })
    expect(trouble.reason).toBeUndefined()
  })

  it('says what the server says, before it closes the connection or when it is tried again', () => {
    for (const order of [
      ['error', 'disconnect', 'reconnecting'],
      ['disconnect', 'reconnecting', 'error'],
    ]) {
      const trouble = new NatsTrouble()
      trouble.connected()
      for (const type of order)
        trouble.noted({ type, data: type === 'error' ? 'AUTHORIZATION_VIOLATION' : 'nats:4222' })
      expect(trouble.reason).toMatch(/^AUTHORIZATION_VIOLATION; the server refuses this login/)
    }
  })

  it('says of a refused login what it knows of itself, else what to look at', () => {
    const trouble = new NatsTrouble()
    let known: string | undefined
    trouble.ofLogin({ refusalAdvice: 'is it right?', trouble: () => known }, () => 0)
    trouble.failed(errorOf('AUTHORIZATION_VIOLATION', 'no'))
    expect(trouble.reason).toBe('AUTHORIZATION_VIOLATION: no; the server refuses this login: is it right?')
    known = 'its token has expired'
    trouble.failed(errorOf('AUTHORIZATION_VIOLATION', 'no'))
    expect(trouble.reason).toBe('AUTHORIZATION_VIOLATION: no; the server refuses this login: its token has expired')
  })

  it('takes a refused subject for no trouble of the connection', () => {
    const trouble = new NatsTrouble()
    trouble.connected()
    trouble.noted({ type: 'error', data: 'PERMISSIONS_VIOLATION' })
    expect(trouble.reason).toBeUndefined()
    trouble.noted({ type: 'disconnect', data: 'nats:4222' })
    expect(trouble.reason).toBe('the connection to nats:4222 has ended')
  })

  it('says it in one bounded line, whatever a server or resolver answers', () => {
    const trouble = new NatsTrouble()
    trouble.failed(errorOf('X', `\u001b[2J\n${'long '.repeat(200)}`))
    expect(trouble.reason).toHaveLength(300)
    expect(trouble.reason).toMatch(/^X: \\x1b\[2J\\x0along /)
  })
})
