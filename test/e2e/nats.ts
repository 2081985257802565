import { createNatsVolume, removeNatsVolume } from '../support/natsVolume.ts'
import type { Chapter } from './chapter.ts'
import type { E2eWorld } from './e2eWorld.ts'
import { whileKilling } from './storm.ts'

const POD = 'oomkeeper-nats-0'
const CLAIM = 'data-oomkeeper-nats-0'
const SET = 'statefulset/oomkeeper-nats'

async function run(world: E2eWorld): Promise<void> {
  const { cluster, product, story, tally, evidence } = world
  const inNamespace = ['-n', product.namespace]
  story.progress('its pod is deleted, its volume is kept …')
  await whileKilling(world, async () => {
    await cluster.kubectl(['delete', 'pod', POD, ...inNamespace])
    await product.untilReady()
  })
  story.progress('its pod and its volume are lost; all kills of before are counted …')
  await tally.untilTold(evidence)
  await whileKilling(world, async () => {
    await cluster.kubectl(['scale', SET, '--replicas=0', ...inNamespace])
    await cluster.kubectl(['wait', '--for=delete', `pod/${POD}`, '--timeout=60s', ...inNamespace])
    await cluster.kubectl(['delete', 'persistentvolumeclaim', CLAIM, ...inNamespace])
    await removeNatsVolume(cluster)
    await createNatsVolume(cluster)
    await cluster.kubectl(['scale', SET, '--replicas=1', ...inNamespace])
    await product.untilReady()
  })
  story.say(
    '   lost with the volume: the stored kills themselves, all counted before, and the record of written scores (OOM_AUDIT)',
  )
}

export const nats: Chapter = {
  name: 'nats',
  title: 'The NATS pod is deleted while the kernels kill: first its volume is kept, then it is lost',
  isShort: false,
  run,
}
