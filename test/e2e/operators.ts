import type { Chapter } from './chapter.ts'
import type { E2eWorld } from './e2eWorld.ts'
import { whileKilling } from './storm.ts'

async function run(world: E2eWorld): Promise<void> {
  const { cluster, product, story } = world
  await whileKilling(world, async () => {
    const operators = ['pods', '--selector=app.kubernetes.io/component=operator', '-n', product.namespace]
    story.show(`kubectl delete ${operators.join(' ')}`, await cluster.kubectl(['delete', ...operators]))
    await product.untilReady()
  })
}

export const operators: Chapter = {
  name: 'operators',
  title: 'Both operator pods are deleted while the kernels kill',
  isShort: false,
  run,
}
