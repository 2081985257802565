/**
 * The one test cluster of a machine, by fixed names: whoever looks for leftovers of a crash knows where to look.
 * Everything else of the cluster lives in namespaces that vanish with their last process.
 */
export const CLUSTER_NAME = 'oomkeeper-test'
/** The record, certificates, logs, etcd's and containerd's data. */
export const STATE_FOLDER = '/var/lib/oomkeeper-test'
export const LOCK_FILE = '/run/oomkeeper-test.lock'
/** Held by a test file that wants the cluster to itself. */
export const RESERVATION_FILE = '/run/oomkeeper-test.reservation'
/** Below the root of every cgroup hierarchy: `parts` holds the programs, `kubepods` the pods. */
export const CGROUP = 'oomkeeper-test'
/** The first node: this machine. */
export const NODE_NAME = 'node-a'

/** A veth pair joins this machine and the cluster's namespace, in a range that is reserved for tests (RFC 2544). */
export const HOST_LINK = 'oomk-test0'
export const CLUSTER_LINK = 'uplink'
export const HOST_ADDRESS = '198.18.240.1'
export const CLUSTER_ADDRESS = '198.18.240.2'

export const BRIDGE = 'cni0'
/** The node's own address, and the pods' gateway. */
export const BRIDGE_ADDRESS = '10.244.0.1'
export const SERVICE_RANGE = '10.96.0.0/16'
export const API_SERVICE_ADDRESS = '10.96.0.1'

/** The second node, if the cluster has one: a virtual machine on a tap device, with a network of its own for its pods. */
export const SECOND_NODE = {
  name: 'node-b',
  address: '10.244.8.2',
  gateway: '10.244.8.1',
  tap: 'tap-node-b',
  podGateway: '10.244.9.1',
  podRange: '10.244.9.0/24',
} as const

export const API_PORT = 6443
export const NATS_PORT = 4222
export const NATS_MONITOR_PORT = 8222
export const DNS_READY_PORT = 8181
