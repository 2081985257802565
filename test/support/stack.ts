import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { NatsServer } from '../cluster/nats/server.ts'
import type { Kubectl } from '../cluster/parts/kubectl.ts'
import { freePorts } from '../cluster/process/freePort.ts'
import { waitUntil } from '../cluster/process/wait.ts'
import { startAgent, type AgentOptions, type AgentProcess } from './agentProcess.ts'
import { flags, Program, writeSecret } from './program.ts'

const crds = resolve(import.meta.dirname, '../../crds')

/** What the product needs around it: a cluster's own servers, or private ones. */
export interface Servers {
  kubectl: Kubectl
  kubeconfig: string
  nats: NatsServer
}

export interface OperatorProcess {
  program: Program
  baseUrl: string
  apiUrl: string
}

export async function applyCrds(kubectl: Kubectl): Promise<void> {
  await kubectl(['apply', '--server-side', '-f', crds])
  await kubectl(['wait', '--for=condition=Established', '--timeout=30s', '-f', crds])
}

export const AGENT_SERVICE_ACCOUNT = 'oomkeeper/oomkeeper-agent'

/** As in the chart; the old space is what V8 gives itself within the chart's memory limit of 512Mi. */
export const OPERATOR_ENV = {
  NODE_OPTIONS: '--max-semi-space-size=4 --max-old-space-size=256',
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_THRESHOLD_: '65536',
  MALLOC_TRIM_THRESHOLD_: '131072',
}

/** The operator's bundle as a process of this machine. */
export async function startOperator(
  { kubeconfig, nats }: Servers,
  folder: string,
  env: Readonly<Record<string, string>> = {},
): Promise<OperatorProcess> {
  const [port = 0, apiPort = 0] = await freePorts(2)
  const args = flags({
    kubeconfig,
    'nats-url': nats.url,
    'nats-ca-file': nats.caFile,
    ...loginFlags(nats, folder),
    listen: `127.0.0.1:${port}`,
    'api-listen': `127.0.0.1:${apiPort}`,
  })
  return {
    program: new Program('operator', args, { ...OPERATOR_ENV, ...env }),
    baseUrl: `http://127.0.0.1:${port}`,
    apiUrl: `http://127.0.0.1:${apiPort}`,
  }
}

/** By a key, and answering the logins of agents, where the server asks for that; else by password. */
function loginFlags({ users, seeds }: NatsServer, folder: string): Readonly<Record<string, string>> {
  const secret = (name: string, text: string): string => writeSecret(join(folder, `nats-${name}`), text)
  if (seeds === undefined) {
    const { user, password } = users.operator
    return { 'nats-user': user, 'nats-password-file': secret('operator', password) }
  }
  return {
    'nats-seed-file': secret('operator-seed', seeds.operator),
    'callout-seed-file': secret('callout-seed', seeds.callout),
    'issuer-seed-file': secret('issuer-seed', seeds.issuer),
    'agent-service-account': AGENT_SERVICE_ACCOUNT,
  }
}

/** Waits until a program says that it can do its work. */
export async function untilReady({ program, baseUrl }: { program: Program; baseUrl: string }): Promise<void> {
  const probe = async () => {
    const response = await fetch(`${baseUrl}/readyz`)
    if (response.ok) return true
    throw new Error((await response.text()).trim())
  }
  await waitUntil(`${program.name} to be ready`, probe, {
    deadlineMs: 30_000,
    everyMs: 50,
    giveUp: () => (program.running ? undefined : `${program.name} has ended`),
    evidence: () => program.tail(),
  })
}

/** Agent and operator as processes of this machine, on the servers given; each can be killed and started again. */
export class Stack {
  readonly #servers: Servers
  readonly #options: Omit<AgentOptions, 'nats'>
  agent: AgentProcess
  operator: OperatorProcess

  private constructor(
    servers: Servers,
    options: Omit<AgentOptions, 'nats'>,
    agent: AgentProcess,
    operator: OperatorProcess,
  ) {
    this.#servers = servers
    this.#options = options
    this.agent = agent
    this.operator = operator
  }

  static async start(servers: Servers, options: Omit<AgentOptions, 'nats'>): Promise<Stack> {
    mkdirSync(options.folder, { recursive: true })
    await applyCrds(servers.kubectl)
    const operator = await startOperator(servers, options.folder)
    await untilReady(operator)
    const agent = await startAgent({ ...options, nats: servers.nats })
    return new Stack(servers, options, agent, operator)
  }

  async restartAgent(): Promise<void> {
    this.agent = await startAgent({ ...this.#options, nats: this.#servers.nats })
  }

  async restartOperator(env: Readonly<Record<string, string>> = {}): Promise<void> {
    this.operator = await startOperator(this.#servers, this.#options.folder, env)
  }

  async stop(): Promise<void> {
    await Promise.all([this.agent.program.stop(), this.operator.program.stop()])
  }
}
