import { describe, expect, it } from '@jest/globals'
import { runGuestCampaign } from './guestCampaign.ts'

/** Overwritten lines, a stepped clock and group kills are among them. */
const CAMPAIGN = { seed: 2, kills: 24 }

describe('the agent on cgroup v2, when everything around it breaks and the clock is stepped', () => {
  it('accounts for every kill, those of groups and those without a line', async () => {
    const { figures, wrong, faults } = await runGuestCampaign('6.12', CAMPAIGN, (line) => console.log(line))
    console.log(figures)
    expect(wrong).toEqual([])
    expect(faults).toMatchObject({ clockStepped: expect.any(Number), ringOverrun: expect.any(Number) })
  }, 600_000)
})
