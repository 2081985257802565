import { waitUntil } from '../cluster/process/wait.ts'
import type { Chapter } from './chapter.ts'
import type { E2eWorld } from './e2eWorld.ts'
import { countReported, readAllReports } from './reportedKills.ts'
import { formatScores, raiseScores, readScores, removeScored } from './scored.ts'

/** What the chart makes, but for a Secret with keys, which stays. */
const KINDS =
  'deployments,statefulsets,daemonsets,jobs,pods,services,configmaps,serviceaccounts,roles,rolebindings,poddisruptionbudgets,clusterroles,clusterrolebindings'

async function run(world: E2eWorld): Promise<void> {
  const { cluster, product, nodes, story, tally, evidence } = world
  const { original, raised } = await raiseScores(world)
  await tally.untilTold(evidence)
  const reported = countReported(await readAllReports(cluster.kubectl))
  await product.uninstall()
  // At once: it returns when all is given back.
  const given = await readScores(world)
  if (formatScores(given) !== formatScores(original))
    throw new Error(`after helm uninstall: expected ${formatScores(original)}, got ${formatScores(given)}`)
  const left = countReported(await readAllReports(cluster.kubectl))
  if (left !== reported) throw new Error(`after helm uninstall: expected reports of ${reported} kills, got ${left}`)
  await cluster.kubectl(['get', 'persistentvolumeclaim', 'data-oomkeeper-nats-0', '-n', product.namespace])
  // Of this machine it is in the cluster's mount namespace.
  await nodes[1].run('test -e /var/lib/oomkeeper')
  const gone = async (): Promise<true> => {
    const selector = ['--selector=app.kubernetes.io/part-of=oomkeeper', '-o', 'name', '-A']
    const there = (await cluster.kubectl(['get', KINDS, ...selector])).trim()
    if (there !== '') throw new Error(`still there: ${there.split('\n').join(', ')}`)
    return true
  }
  await waitUntil('helm uninstall to leave only what NOTES says', gone, { deadlineMs: 60_000, everyMs: 500 })
  story.say(`   scores: ${formatScores(raised)}, given back: ${formatScores(given)}`)
  story.say(`   left: the kinds, reports of ${left} kills, the volume, each node's state`)
  await product.install()
  await removeScored(world)
}

export const uninstalled: Chapter = {
  name: 'uninstall',
  title: 'helm uninstall gives scores back on both nodes, and leaves what NOTES says; then it is installed again',
  isShort: true,
  run,
}
