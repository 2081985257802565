import { whyNoCluster, whyNoServers } from '../cluster/host/requirements.ts'
import { errorMessage } from '../cluster/process/wait.ts'
import { bundlePrograms } from '../support/bundlePrograms.ts'
import { demoRealKill, REAL_PLAN } from './real.ts'
import { demoRecordedKill, RECORDED_PLAN } from './recorded.ts'
import { Story } from './story.ts'

const story = new Story()
const keep = process.env['KEEP'] === '1'
const noNode = process.env['RECORDED'] === '1' ? 'RECORDED=1 asks for that' : whyNoCluster()

/** Ends the process with one line. */
function end(error: unknown): never {
  const [reason = '', ...evidence] = errorMessage(error).split('\n')
  for (const line of evidence) console.log(line)
  console.log(`demo failed: ${reason}`)
  process.exit(3)
}

const noServers = whyNoServers()
if (noServers !== undefined)
  end(new Error(`expected Go 1.26 or newer to build a nats-server and an apiserver with, got: ${noServers}`))

story.say(
  'oomkeeper demo: a process in a pod is killed by the kernel, Kubernetes does not notice, and oomkeeper tells.',
)
if (noNode !== undefined)
  story.say(
    `No kill of this machine's own (${noNode}): the kill in this demo is RECORDED; everything after it is real.`,
  )
story.say('It will create, and remove at the end:')
for (const item of noNode === undefined ? REAL_PLAN : RECORDED_PLAN) story.say(`  - ${item}`)

try {
  bundlePrograms()
  const [inKernel, inReports] = noNode === undefined ? await demoRealKill(story, keep) : await demoRecordedKill(story)
  if (inKernel !== inReports) throw new Error(`${inKernel} kills in the kernel, ${inReports} in OOMReports`)
  console.log(
    `demo ok: ${inKernel} kills in the kernel, ${inReports} in OOMReports${noNode === undefined ? '' : ' (recorded)'}`,
  )
} catch (error) {
  end(error)
}
