import type { Chapter } from './chapter.ts'
import type { E2eWorld } from './e2eWorld.ts'
import { killInService } from './nodeHands.ts'
import { whileKilling } from './storm.ts'

/** Cut off from power: nothing is told by anybody beforehand. */
async function reboot(world: E2eWorld): Promise<void> {
  const { cluster, product, story, tally, evidence } = world
  const [own, other] = world.nodes
  // Else the runtime of pods that have just begun finds empty files after the cut, and never starts them again.
  await other.run('sync')
  await killInService(other, `e2e-before-${process.pid}`, 3)
  await tally.untilTold(evidence)
  await whileKilling(world, async () => {
    await tally.carry(other)
    await cluster.part(other.name).kill()
    await cluster.part(other.name).start()
    story.progress(`${other.name} is Ready again …`)
    await product.untilReady()
    await killInService(other, `e2e-after-${process.pid}`, 3)
  }, [own])
}

export const rebooted: Chapter = {
  name: 'reboot',
  title: 'The virtual node loses its power and boots anew: kills of before and after are counted once',
  isShort: false,
  run: reboot,
}
