import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { downCluster, reserveCluster } from '../cluster/cluster.ts'
import { whyNoCluster } from '../cluster/host/requirements.ts'
import { errorMessage } from '../cluster/process/wait.ts'
import { Story } from '../demo/story.ts'
import { bundlePrograms } from '../support/bundlePrograms.ts'
import { InstalledProduct } from '../support/installedProduct.ts'
import { countMorning, killMorning } from './killMorning.ts'
import { showAnswers } from './showAnswers.ts'

const story = new Story()

async function morning(): Promise<string> {
  bundlePrograms()
  const cluster = await reserveCluster({ log: story.progress, ownerPid: process.pid })
  const folder = mkdtempSync(join(tmpdir(), 'oomkeeper-morning-'))
  try {
    const product = await InstalledProduct.prepare(cluster, folder, story.progress)
    await product.install()
    const killed = await killMorning(story, cluster, product)
    const figures = await countMorning(cluster, killed, () => product.logs())
    await showAnswers(story, cluster, folder)
    return figures
  } finally {
    rmSync(folder, { recursive: true, force: true })
    story.progress('cleaning up …')
    await downCluster(() => undefined)
    cluster.release()
  }
}

const impossible = whyNoCluster()
if (impossible !== undefined) {
  console.log(`morning failed: ${impossible}`)
  process.exit(3)
}
try {
  console.log(`morning ok: ${await morning()}`)
} catch (error) {
  console.log(`morning failed: ${errorMessage(error)}`)
  process.exit(1)
}
