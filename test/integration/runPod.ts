import { FakeContainer } from '../support/fakeContainer.ts'
import type { OperatorWorld } from './operatorWorld.ts'

/** Guaranteed: whatever is set is more than the kubelet would have given. */
const RESOURCES = { limits: { cpu: '100m', memory: '64Mi' } }

/** A pod whose container is there: a real process in a cgroup like its own. */
export async function runPod(
  world: OperatorWorld,
  name: string,
  labels: Record<string, string>,
): Promise<{ container: FakeContainer; pid: number }> {
  const container = new FakeContainer()
  const pid = await container.run()
  await world.makePod({ name, labels, resources: RESOURCES })
  await world.setContainer(name, { containerID: `containerd://${container.id}`, state: { running: {} } })
  return { container, pid }
}
