import process from 'node:process'
import { messageOf } from '../../program/errors.ts'
import { whyNoServers } from '../cluster/host/requirements.ts'
import { bundlePrograms } from '../support/bundlePrograms.ts'
import { numberFrom } from '../support/numberFrom.ts'
import { findWrong, loginText, runLogins } from './logins.ts'

const LIMIT_SECONDS = 60
const nodes = numberFrom('scale-logins', 'SCALE_NODES', 5_000)

const impossible = whyNoServers()
if (impossible !== undefined) {
  console.log(`scale-logins failed: ${impossible}`)
  process.exit(3)
}
try {
  bundlePrograms()
  const figures = await runLogins(nodes, (line) => console.log(line))
  const [wrong] = findWrong(figures, LIMIT_SECONDS)
  console.log(
    `scale-logins ${wrong === undefined ? 'ok' : 'failed'}: ${loginText(figures)}${wrong === undefined ? '' : `: ${wrong}`}`,
  )
  process.exit(wrong === undefined ? 0 : 1)
} catch (error) {
  console.log(`scale-logins failed: ${messageOf(error)}`)
  process.exit(3)
}
