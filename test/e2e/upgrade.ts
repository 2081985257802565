import { createNatsVolume } from '../support/natsVolume.ts'
import type { Chapter } from './chapter.ts'
import type { E2eWorld } from './e2eWorld.ts'
import { ensurePrevious } from './previous.ts'
import { whileKilling } from './storm.ts'

const CRDS = new URL('../../crds', import.meta.url).pathname

/** The kinds that are there are those of the checkout. @throws CommandError with the differences */
async function requireOwnKinds({ cluster }: E2eWorld): Promise<void> {
  await cluster.kubectl(['diff', '--server-side', '--force-conflicts', '-f', CRDS])
}

async function run(world: E2eWorld): Promise<void> {
  const { cluster, product, story, tally, evidence } = world
  const previous = await ensurePrevious(story.progress)
  await cluster.importImage(previous.image)
  await tally.untilTold(evidence)
  await product.remove()
  await createNatsVolume(cluster)
  const { secondsToReady } = await product.install(previous.values, previous.chartFolder)
  story.progress(`commit ${previous.commit} is installed from its own chart and image: ${secondsToReady.toFixed(1)} s`)
  await tally.untilTold(evidence)
  await whileKilling(world, async () => {
    story.progress('helm upgrade to the checkout …')
    await product.upgrade()
  })
  await requireOwnKinds(world)
  story.say('   the kinds are those of this chart')
  await whileKilling(world, async () => {
    story.progress('helm rollback …')
    await product.rollback()
  })
  await whileKilling(world, async () => {
    story.progress('and helm upgrade once more …')
    await product.upgrade()
  })
}

export const upgraded: Chapter = {
  name: 'upgrade',
  title: 'From an earlier build to this one, back, and here again, while the kernels kill',
  isShort: false,
  run,
}
