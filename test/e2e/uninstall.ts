import { waitUntil } from '../cluster/process/wait.ts'
import type { Chapter } from './chapter.ts'
import type { E2eWorld } from './e2eWorld.ts'
import { listObjects } from './objects.ts'
import { countReported, readAllReports } from './reportedKills.ts'
import { formatScores, raiseScores, readScores, removeScored } from './scored.ts'

/** What NOTES says that it leaves, beside the reports and policies: they must be there. */
const KEPT = [
  'persistentvolumeclaim/data-oomkeeper-nats-0',
  'secret/oomkeeper-nats',
  ...['nodeoomreports', 'oompolicies', 'oomreports'].map(
    (plural) => `customresourcedefinition.apiextensions.k8s.io/${plural}.oomkeeper.io`,
  ),
]

/** What else may be there that was not before: of the kinds, of the namespace itself, and of the test. */
const ALLOWED = [
  /^(?:oomreport|nodeoomreport|oompolicy)\.oomkeeper\.io\//,
  /^apiservice\.apiregistration\.k8s\.io\/v1alpha1\.oomkeeper\.io$/,
  /^(?:configmap\/kube-root-ca\.crt|serviceaccount\/default)$/,
  /^namespace\/(?:oomkeeper|e2e-[a-z]+)$/,
]

/** Looks at every kind there is, in the product's namespace and of no namespace. @throws Error unless it is as NOTES says */
async function checkLeft({ cluster, product, objectsBefore }: E2eWorld): Promise<true> {
  const namespaced = await listObjects(cluster.kubectl, product.namespace)
  const left = [...namespaced, ...(await listObjects(cluster.kubectl))]
  const missing = KEPT.filter((name) => !left.includes(name))
  if (missing.length > 0) throw new Error(`expected it to keep ${missing.join(', ')}`)
  const strange = left.filter(
    (name) => !KEPT.includes(name) && !objectsBefore.has(name) && !ALLOWED.some((allowed) => allowed.test(name)),
  )
  if (strange.length > 0) throw new Error(`still there: ${strange.join(', ')}`)
  return true
}

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
  // Of this machine it is in the cluster's mount namespace.
  await nodes[1].run('test -e /var/lib/oomkeeper')
  await waitUntil('helm uninstall to leave only what NOTES says', () => checkLeft(world), {
    deadlineMs: 60_000,
    everyMs: 500,
  })
  story.say(`   scores: ${formatScores(raised)}, given back: ${formatScores(given)}`)
  story.say(
    `   left: the kinds, reports of ${left} kills, the volume, the keys, each node's state; of all else nothing`,
  )
  await product.install()
  await removeScored(world)
}

export const uninstalled: Chapter = {
  name: 'uninstall',
  title: 'helm uninstall gives scores back on both nodes, and leaves what NOTES says; then it is installed again',
  isShort: true,
  run,
}
