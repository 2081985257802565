import { waitUntil } from '../cluster/process/wait.ts'
import type { Chapter } from './chapter.ts'
import type { E2eWorld } from './e2eWorld.ts'
import { untilGivenBack } from './lastWords.ts'
import { formatScores, POLICY_NAME, raiseScores, removeScored, untilScores } from './scored.ts'

async function run(world: E2eWorld): Promise<void> {
  const { cluster, product, story, evidence } = world
  const { original, raised } = await raiseScores(world)
  await product.upgrade(['policies.enabled=false'])
  await untilScores(world, original)
  const status = (): Promise<string> => cluster.kubectl(['get', 'oompolicy', POLICY_NAME, '-o', 'jsonpath={.status}'])
  const told = async (): Promise<true | undefined> => ((await status()).includes('PoliciesOff') ? true : undefined)
  const last = async (): Promise<string> => `${await status()}\n${await evidence()}`
  await waitUntil('the policy to say PoliciesOff', told, { deadlineMs: 60_000, everyMs: 500, evidence: last })
  const words = await untilGivenBack(world)
  story.say(`   scores: ${formatScores(raised)}, given back within a minute: ${formatScores(original)}`)
  for (const { node, desiredRevision, restoring } of words)
    story.say(`   the status of ${node}: desiredRevision ${desiredRevision}, restoring ${restoring}`)
  await product.upgrade()
  await untilScores(world, raised)
  await removeScored(world)
}

export const switchedOff: Chapter = {
  name: 'policies-off',
  title: 'policies.enabled=false gives all scores back; switched on, they are set again',
  isShort: false,
  run,
}
