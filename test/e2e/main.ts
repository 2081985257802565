import process from 'node:process'
import { downCluster } from '../cluster/cluster.ts'
import { errorMessage } from '../cluster/process/wait.ts'
import { Story } from '../demo/story.ts'
import { bundlePrograms } from '../support/bundlePrograms.ts'
import { noTwoNodes } from '../support/twoNodes.ts'
import { chooseChapters } from './chapters.ts'
import { runChapters } from './runChapters.ts'

const isShort = process.env['E2E_SHORT'] === '1'
const keep = process.env['KEEP'] === '1'

async function endToEnd(): Promise<string> {
  const chapters = chooseChapters(process.env['E2E_CHAPTERS'] ?? '', isShort)
  bundlePrograms()
  try {
    return await runChapters(new Story(), chapters)
  } finally {
    if (!keep) await downCluster(() => undefined)
  }
}

if (noTwoNodes !== undefined) {
  console.log(`e2e failed: ${noTwoNodes}`)
  process.exit(3)
}
try {
  console.log(`e2e ok: ${await endToEnd()}`)
} catch (error) {
  const [reason = '', ...evidence] = errorMessage(error).split('\n')
  for (const line of evidence) console.log(line)
  console.log(`e2e failed: ${reason}`)
  process.exit(1)
}
