import { expect, it } from '@jest/globals'
import { runCommand } from '../cluster/process/run.ts'
import { describeUnless } from '../support/leftOut.ts'
import { findPromtool } from '../support/promtool.ts'

const folder = new URL('../../dashboards', import.meta.url).pathname
const { promtool, missing } = await findPromtool()

describeUnless(missing, 'the alert rules, with a real promtool', () => {
  it('are rules as Prometheus has them', async () => {
    await expect(runCommand([promtool, 'check', 'rules', 'alerts.yaml'], { cwd: folder })).resolves.toMatch(
      /SUCCESS: \d+ rules found/,
    )
  })

  it('fire when they should, and not when they should not', async () => {
    await expect(runCommand([promtool, 'test', 'rules', 'alerts.test.yaml'], { cwd: folder })).resolves.toContain(
      'SUCCESS',
    )
  })
})
