import { join } from 'node:path'
import type { AgentMode } from '../../contract/nodeStatus.ts'
import type { NatsServer } from '../cluster/nats/server.ts'
import { freePorts } from '../cluster/process/freePort.ts'
import { flags, Program, writeSecret, type ProgramOptions } from './program.ts'

export interface AgentOptions extends ProgramOptions {
  node: string
  nats: NatsServer
  /** Holds the state and the secret. */
  folder: string
  /** Without one, the kernel's log. */
  kmsg?: string
  pace?: 'kept' | 'fast'
  /** A recording's boot. */
  bootId?: string
  spoolMaxBytes?: number
  /** A service account token to log in with, in place of a user and a password. */
  tokenFile?: string
  /** Another machine's processes. */
  proc?: string
  /** Another machine's cgroup tree. */
  cgroupRoot?: string
  mode?: AgentMode
  /** Of the node's own, where it shares this kernel. */
  nodeCgroup?: string
}

export interface AgentProcess {
  program: Program
  /** Where health and metrics are served. */
  baseUrl: string
}

/** As in the chart. */
const ENV = { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '32768', MALLOC_TRIM_THRESHOLD_: '131072' }

/** The agent's bundle, as a user of NATS account NODES. */
export async function startAgent(options: AgentOptions): Promise<AgentProcess> {
  const { node, folder, nats, kmsg, pace, proc, cgroupRoot, mode, nodeCgroup, bootId, spoolMaxBytes, ...started } =
    options
  const [port = 0] = await freePorts(1)
  const args = flags({
    node,
    'nats-url': nats.url,
    'nats-ca-file': nats.caFile,
    ...loginFlags(options),
    'state-dir': join(folder, `state-${node}`),
    listen: `127.0.0.1:${port}`,
    kmsg,
    'kmsg-pace': pace,
    'boot-id': bootId,
    'spool-max-bytes': spoolMaxBytes?.toString(),
    proc,
    'cgroup-root': cgroupRoot,
    mode,
    'node-cgroup': nodeCgroup,
  })
  const program = new Program('agent', args, ENV, started)
  return { program, baseUrl: `http://127.0.0.1:${port}` }
}

function loginFlags({ node, nats, folder, tokenFile }: AgentOptions): Readonly<Record<string, string>> {
  if (tokenFile !== undefined) return { 'nats-token-file': tokenFile }
  const user = nats.users.agents[node]
  if (user === undefined) throw new Error(`expected a NATS user for node ${node}, got none`)
  return { 'nats-user': user.user, 'nats-password-file': writeSecret(join(folder, `nats-${node}`), user.password) }
}

/** The value of a metric of the agent's, its labels summed. */
export async function readMetric({ baseUrl }: AgentProcess, name: string): Promise<number> {
  const text = await (await fetch(`${baseUrl}/metrics`)).text()
  const samples = [...text.matchAll(new RegExp(`^oomkeeper_agent_${name}(?:\\{.*\\})? (\\S+)$`, 'gm'))]
  return samples.reduce((sum, [, value]) => sum + Number(value), 0)
}
