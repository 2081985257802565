import { describe, expect, it } from '@jest/globals'
import type { Logger } from 'pino'
import { operatorError } from '../errors.ts'
import { TroubleLog } from './troubleLog.ts'

describe('TroubleLog', () => {
  it('says a trouble once, when it changes, and when it is over; readiness knows it all along', () => {
    const lines: string[] = []
    const say = (_fields: object, line: string): void => void lines.push(line)
    const log = new TroubleLog({ warn: say, info: say } as unknown as Logger, () => {})
    const away = operatorError('ApiserverUnreachable', 'nobody answers')
    for (let time = 0; time < 3; time++) log.trouble('apiserver', away, 100)
    log.trouble('apiserver', operatorError('ApiserverRefused', 'it says 500'), 100)
    expect(log.reasons()).toEqual(['apiserver: it says 500'])
    log.fine('apiserver')
    log.fine('apiserver')
    expect(log.reasons()).toEqual([])
    expect(lines).toEqual(['nobody answers; trying again', 'it says 500; trying again', 'back to normal'])
  })

  it('takes a webhook that fails, which holds up its own objects alone, for no reason not to be ready', () => {
    const log = new TroubleLog({ warn: () => {} } as unknown as Logger, () => {})
    log.trouble('webhooks', new Error('nobody listens'), 200)
    log.trouble('apiserver', new Error('cut off'), 200)
    expect(log.reasons()).toEqual(['apiserver: cut off'])
  })
})
