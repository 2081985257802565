import type { AgentMode } from '../../contract/nodeStatus.ts'
import { renderChart, type Helm } from './helm.ts'

/** Capabilities by their places in /proc/PID/status. Source: include/uapi/linux/capability.h. */
const BITS: Readonly<Record<string, bigint>> = { DAC_OVERRIDE: 1n, SYS_PTRACE: 19n, SYS_RESOURCE: 24n, SYSLOG: 34n }

interface AgentContainer {
  command?: string[]
  securityContext: { privileged?: boolean; capabilities?: { add: string[] } }
}

/** How the chart starts the agent's container. */
export async function renderAgentContainer(helm: Helm, values: readonly string[]): Promise<AgentContainer> {
  const set = (await renderChart(helm, values)).find(({ kind }) => kind === 'DaemonSet')
  const { template } = (set?.['spec'] ?? {}) as { template?: { spec: { containers: AgentContainer[] } } }
  const [container] = template?.spec.containers ?? []
  if (container === undefined) throw new Error('expected a container in the DaemonSet of the agent, got none')
  return container
}

/**
 * The beginning of its command, up to Node.js: what drops the capabilities.
 * @param without of those that the chart keeps in this mode, one that is dropped too
 */
export async function renderEntryPoint(helm: Helm, mode: AgentMode, without?: string): Promise<string[]> {
  const { command = [] } = await renderAgentContainer(helm, [`agent.mode=${mode}`])
  const node = command.pop()
  if (node !== '/nodejs/bin/node') throw new Error(`expected the entry point to begin Node.js, got ${node}`)
  if (without === undefined) return command
  const fewer = command.map((argument) => argument.replace(`,+${without.toLowerCase()}`, ''))
  if (fewer.join() === command.join()) throw new Error(`expected ${without} to be kept in mode ${mode}, it is not`)
  return fewer
}

export function maskOf(capabilities: readonly string[]): bigint {
  return capabilities.reduce((mask, name) => mask | (1n << (BITS[name] ?? -1n)), 0n)
}

/** The sets of /proc/PID/status, by their names there. */
export function parseCapabilitySets(status: string): Record<string, bigint> {
  return Object.fromEntries(
    [...status.matchAll(/^Cap(\w+):\s+([0-9a-f]+)$/gm)].map(([, name = '', mask = '']) => [name, BigInt(`0x${mask}`)]),
  )
}
