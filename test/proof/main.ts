import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { downCluster } from '../cluster/cluster.ts'
import { errorMessage } from '../cluster/process/wait.ts'
import { Story } from '../demo/story.ts'
import { bundlePrograms } from '../support/bundlePrograms.ts'
import { InstalledProduct } from '../support/installedProduct.ts'
import { numberFrom } from '../support/numberFrom.ts'
import { noTwoNodes, OPERATOR_ON_FIRST_NODE, useTwoNodes } from '../support/twoNodes.ts'
import { NAMES, removeContest, runRound, type Contest } from './contest.ts'

const ROUNDS = numberFrom('proof-policies', 'PROOF_ROUNDS', 10)
const story = new Story()

/** How often the critical pod died. */
interface Deaths {
  without: number
  with: number
}

async function prove(): Promise<Deaths> {
  bundlePrograms()
  const cluster = await useTwoNodes(story.progress)
  const folder = mkdtempSync(join(tmpdir(), 'oomkeeper-proof-'))
  try {
    const product = await InstalledProduct.prepare(cluster, folder, story.progress)
    await product.install([OPERATOR_ON_FIRST_NODE])
    const contest = { cluster, product }
    const deaths = await runRounds(contest)
    story.step('What Kubernetes is told of it')
    story.show('kubectl get oomreports -n proof', await cluster.kubectl(['get', 'oomreports', '-n', 'proof']))
    story.show('kubectl get oompolicies', await cluster.kubectl(['get', 'oompolicies']))
    await removeContest(contest)
    return deaths
  } finally {
    rmSync(folder, { recursive: true, force: true })
    story.progress('cleaning up …')
    await downCluster(() => undefined)
    cluster.release()
  }
}

async function runRounds(contest: Contest): Promise<Deaths> {
  const deaths: Deaths = { without: 0, with: 0 }
  for (const kind of ['without', 'with'] as const) {
    story.step(`Memory of node-b runs out ${ROUNDS} times, ${kind} the policy`)
    for (let round = 0; round < ROUNDS; round++) {
      const first = NAMES[round % 2] ?? 'critical'
      const { died, oomScores, oomScoreAdjs, exhaustedAfterMs } = await runRound(contest, {
        withPolicy: kind === 'with',
        first,
      })
      if (died === 'critical') deaths[kind]++
      const scores = NAMES.map((name) => `${name} ${oomScoreAdjs[name]} (oom_score ${oomScores[name]})`).join(', ')
      story.say(
        `   ${round + 1}. ${first} first; oom_score_adj: ${scores}; exhausted in ${(exhaustedAfterMs / 1000).toFixed(1)} s: ${died} died`,
      )
    }
  }
  return deaths
}

if (noTwoNodes !== undefined) {
  console.log(`proof-policies failed: ${noTwoNodes}`)
  process.exit(3)
}
try {
  const deaths = await prove()
  const figures = `critical died ${deaths.without} of ${ROUNDS} without, ${deaths.with} of ${ROUNDS} with`
  if (deaths.without !== ROUNDS || deaths.with !== 0) {
    console.log(`proof-policies failed: ${figures}`)
    process.exit(1)
  }
  console.log(`proof-policies ok: ${figures}`)
} catch (error) {
  console.log(`proof-policies failed: ${errorMessage(error)}`)
  process.exit(1)
}
