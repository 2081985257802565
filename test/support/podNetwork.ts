import type { Kubectl } from '../cluster/parts/kubectl.ts'
import type { ProcessIdentity } from '../cluster/process/identity.ts'
import { runCommand } from '../cluster/process/run.ts'
import { findContainerProcess } from './containerProcess.ts'

/** A pod of this machine with a network of its own. */
export interface NetworkedPod {
  name: string
  namespace: string
  labels: Readonly<Record<string, string>>
  address: string
  process: ProcessIdentity
}

/** The pods that run. */
export async function listNetworkedPods(kubectl: Kubectl): Promise<NetworkedPod[]> {
  const { items } = JSON.parse(await kubectl(['get', 'pods', '--all-namespaces', '--output=json'])) as {
    items: {
      metadata: { name: string; namespace: string; labels?: Record<string, string> }
      status: { podIP?: string; containerStatuses?: { containerID?: string }[] }
    }[]
  }
  return items.flatMap(({ metadata: { name, namespace, labels = {} }, status: { podIP, containerStatuses = [] } }) => {
    const containerId = containerStatuses[0]?.containerID?.replace(/^containerd:\/\//, '') ?? ''
    const process = containerId === '' ? undefined : findContainerProcess(containerId)
    return process && podIP !== undefined ? [{ name, namespace, labels, address: podIP, process }] : []
  })
}

/** Tries each, all at once: prints those to which a connection came about, as JSON. */
const CONNECT = `const { connect } = require('node:net')
const attempt = (target) => new Promise((resolve) => {
  const [host, port] = target.split(':')
  const socket = connect({ host, port: Number(port), timeout: 3000 })
  const end = (came) => () => { socket.destroy(); resolve(came ? [target] : []) }
  socket.on('connect', end(true)).on('error', end(false)).on('timeout', end(false))
})
Promise.all(process.argv.slice(1).map(attempt)).then((found) => console.log(JSON.stringify(found.flat())))`

/** Which of them take a TCP connection that comes from that pod's own network. @param targets `ADDRESS:PORT` */
export async function reachedFrom({ process: { pid } }: NetworkedPod, targets: readonly string[]): Promise<string[]> {
  const said = await runCommand([
    'nsenter',
    `--net=/proc/${pid}/ns/net`,
    '--',
    process.execPath,
    '-e',
    CONNECT,
    ...targets,
  ])
  return JSON.parse(said) as string[]
}
