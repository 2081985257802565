import type { Chapter } from './chapter.ts'
import type { E2eWorld } from './e2eWorld.ts'
import { whileKilling } from './storm.ts'

const DRAIN = ['--ignore-daemonsets', '--delete-emptydir-data', '--force', '--timeout=120s']

async function drainAndReturn(world: E2eWorld): Promise<void> {
  const { cluster, product, story } = world
  const node = cluster.second.name
  await whileKilling(world, async () => {
    story.show(`kubectl drain ${node} …`, await cluster.kubectl(['drain', node, ...DRAIN], { timeoutMs: 130_000 }))
    await product.untilReady()
    await cluster.kubectl(['uncordon', node])
  })
}

export const drained: Chapter = {
  name: 'drain',
  title: 'A node is drained and returned while the kernels kill: its agent stays',
  isShort: false,
  run: drainAndReturn,
}
