import { describe, expect, it } from '@jest/globals'
import { CONNECTION_ID, SERVER_KEY, USER_KEY, loginData, tokenOf } from '../testing/logins.ts'
import { MAX_REQUEST_BYTES, parseLoginRequest } from './loginRequest.ts'

describe('parseLoginRequest', () => {
  it('reads who asks, from where, and with which token', () => {
    expect(parseLoginRequest(loginData(tokenOf()))).toEqual({
      serverId: SERVER_KEY,
      connectionId: CONNECTION_ID,
      userKey: USER_KEY,
      address: '10.0.0.7',
      token: tokenOf(),
    })
  })

  it('reads one without a token, which somebody with a password sends', () => {
    expect(parseLoginRequest(loginData(undefined))).toMatchObject({ token: undefined })
  })

  it.each([
    ['no JWT', Buffer.from('hello')],
    ['nothing', Buffer.alloc(0)],
    ['another kind of claim', loginData(tokenOf(), '10.0.0.7', { type: 'user' })],
    ['a key that is none', loginData(tokenOf(), '10.0.0.7', { user_nkey: 'UABC' })],
    ['a server that is none', loginData(tokenOf(), '10.0.0.7', { server_id: { id: USER_KEY } })],
    ['no number of the connection', loginData(tokenOf(), '10.0.0.7', { client_info: { host: '10.0.0.7' } })],
    ['too long an address', loginData(tokenOf(), 'x'.repeat(65))],
    ['more than a server sends', loginData('x'.repeat(MAX_REQUEST_BYTES))],
  ])('takes %s for no request', (_what, data) => {
    expect(parseLoginRequest(data)).toBeUndefined()
  })
})
