import {
  BRIDGE,
  BRIDGE_ADDRESS,
  CLUSTER_ADDRESS,
  CLUSTER_LINK,
  HOST_ADDRESS,
  HOST_LINK,
  SECOND_NODE,
  SERVICE_RANGE,
} from '../names.ts'
import { isErrno } from '../process/lock.ts'
import { runCommand } from '../process/run.ts'
import { readdirSync } from 'node:fs'
import { enterNamespaces } from './namespaces.ts'

/** The veth pair by which this machine's processes reach the apiserver and nats-server, and the pods' bridge. */
export async function connectNetwork(holderPid: number): Promise<void> {
  await runCommand(['ip', '-batch', '-'], {
    stdin: `link add ${HOST_LINK} type veth peer name ${CLUSTER_LINK} netns ${holderPid}
address add ${HOST_ADDRESS}/30 dev ${HOST_LINK}
link set ${HOST_LINK} up
`,
  })
  // A kubelet's address may not be on loopback, so the bridge is there before the first pod. A service address
  // needs a route, any route, to be looked up before iptables sends it elsewhere.
  await runCommand([...enterNamespaces(holderPid), 'ip', '-batch', '-'], {
    stdin: `link set lo up
address add ${CLUSTER_ADDRESS}/30 dev ${CLUSTER_LINK}
link set ${CLUSTER_LINK} up
link add ${BRIDGE} type bridge
address add ${BRIDGE_ADDRESS}/24 dev ${BRIDGE}
link set ${BRIDGE} up
route add ${SERVICE_RANGE} dev ${BRIDGE}
`,
  })
}

/** A tap device for the second node's machine, and the way to its pods. */
export async function connectSecondNode(holderPid: number): Promise<void> {
  const { tap, gateway, address, podRange } = SECOND_NODE
  const inside = enterNamespaces(holderPid)
  await runCommand([...inside, 'ip', '-batch', '-'], {
    stdin: `tuntap add dev ${tap} mode tap
address add ${gateway}/30 dev ${tap}
link set ${tap} up
route add ${podRange} via ${address}
`,
  })
  await runCommand([...inside, 'sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward'])
}

export function hostLinkExists(): boolean {
  try {
    return readdirSync('/sys/class/net').includes(HOST_LINK)
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false
    throw error
  }
}

/** Takes the other end along. The kernel may be quicker, when the namespace has just ended. */
export async function removeHostLink(): Promise<boolean> {
  if (!hostLinkExists()) return false
  try {
    await runCommand(['ip', 'link', 'delete', HOST_LINK])
    return true
  } catch (error) {
    if (hostLinkExists()) throw error
    return true
  }
}
