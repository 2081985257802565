import { expect, it } from '@jest/globals'
import { whyNoServers } from '../cluster/host/requirements.ts'
import { describeUnless } from '../support/leftOut.ts'
import { findWrong, loginText, runLogins } from './logins.ts'

/** As `make scale-logins`, with a tenth of its agents. */
const NODES = 500
const LIMIT_SECONDS = 60

describeUnless(whyNoServers(), 'agents that log in at once', () => {
  it('are all let in in time, and again after the NATS server was killed, by both operators', async () => {
    const figures = await runLogins(NODES, () => undefined)
    console.log(loginText(figures))
    expect(findWrong(figures, LIMIT_SECONDS)).toEqual([])
  }, 300_000)
})
