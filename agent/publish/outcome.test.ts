import { describe, expect, it } from '@jest/globals'
import { parsePublishError } from './outcome.ts'

const apiError = (errCode: number) => Object.assign(new Error('no'), { code: '400', api_error: { err_code: errCode } })

describe('parsePublishError', () => {
  it('takes 10071 for done: the subject holds the kill already', () => {
    expect(parsePublishError(apiError(10071))).toEqual({ kind: 'alreadyStored' })
  })

  it.each([
    [apiError(10077), 'streamFull'],
    [apiError(10054), 'tooLarge'],
    [Object.assign(new Error('no'), { code: 'MAX_PAYLOAD_EXCEEDED' }), 'tooLarge'],
    [apiError(10164), 'other'],
    [Object.assign(new Error('503'), { code: '503' }), 'noResponders'],
    [Object.assign(new Error('no'), { code: 'PERMISSIONS_VIOLATION' }), 'refused'],
    [Object.assign(new Error('TIMEOUT'), { code: 'TIMEOUT' }), 'timeout'],
    [Object.assign(new Error('closed'), { code: 'CONNECTION_CLOSED' }), 'disconnected'],
    ['a string', 'other'],
    [undefined, 'other'],
  ])('takes anything else for not stored: %s', (error, reason) => {
    expect(parsePublishError(error)).toMatchObject({ kind: 'notStored', reason })
  })
})
