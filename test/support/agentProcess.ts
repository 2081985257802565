import { join } from 'node:path'
import type { NatsServer } from '../cluster/nats/server.ts'
import { freePorts } from '../cluster/process/freePort.ts'
import { flags, Program, writeSecret } from './program.ts'

export interface AgentOptions {
  node: string
  nats: NatsServer
  /** Holds the state and the secret. */
  folder: string
  /** Without one, the kernel's log. */
  kmsg?: string
  pace?: 'kept' | 'fast'
  /** Another machine's processes. */
  proc?: string
}

export interface AgentProcess {
  program: Program
  /** Where health and metrics are served. */
  baseUrl: string
}

/** The agent's bundle, as a user of NATS account NODES. */
export async function startAgent({ node, nats, folder, kmsg, pace, proc }: AgentOptions): Promise<AgentProcess> {
  const user = nats.users.agents[node]
  if (user === undefined) throw new Error(`expected a NATS user for node ${node}, got none`)
  const [port = 0] = await freePorts(1)
  const args = flags({
    node,
    'nats-url': nats.url,
    'nats-user': user.user,
    'nats-password-file': writeSecret(join(folder, `nats-${node}`), user.password),
    'state-dir': join(folder, `state-${node}`),
    listen: `127.0.0.1:${port}`,
    kmsg,
    'kmsg-pace': pace,
    proc,
  })
  const program = new Program('agent', args)
  return { program, baseUrl: `http://127.0.0.1:${port}` }
}
