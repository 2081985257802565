import type { Cluster } from '../cluster/attach.ts'
import { waitUntil } from '../cluster/process/wait.ts'
import type { Story } from '../demo/story.ts'
import type { InstalledProduct } from '../support/installedProduct.ts'
import { nextSequence, readKills } from '../support/kernelLog.ts'
import { KillingCgroup } from '../support/memcgKill.ts'
import { listReports } from '../support/reports.ts'
import { MORNING, NAMESPACES, VICTIMS } from './workloads.ts'

const HOST_CGROUP = 'oomkeeper-morning-backup'

/** What there is to be counted. */
export interface Killed {
  /** The next sequence of the kernel's log before it all. */
  fromSequence: number
  /** The program outside of all pods. */
  hostPid: number
}

/** Lets the kernel kill one after the other. */
export async function killMorning(story: Story, { kubectl }: Cluster, product: InstalledProduct): Promise<Killed> {
  story.step('A mixed morning: workers, first processes, an init container, a pod’s own limit, a program of the host')
  const fromSequence = nextSequence()
  await kubectl(['apply', '-f', '-'], { stdin: MORNING })
  const hostPid = await killOnHost()
  const enough = (): true | undefined => {
    const kills = readKills(fromSequence)
    return VICTIMS.every((victim) => kills.filter(({ command }) => command === victim.command).length >= victim.kills)
      ? true
      : undefined
  }
  await waitUntil('the kernel to kill all of them', enough, { deadlineMs: 180_000, evidence: () => product.logs() })
  // Nothing more is to come: what is shown below must stay as it is while it is shown.
  await kubectl(['scale', '--namespace', 'data', 'statefulset/ledger', '--replicas=0'])
  await kubectl(['patch', '--namespace', 'data', 'cronjob/month-end', '--patch', '{"spec":{"suspend":true}}'])
  return { fromSequence, hostPid }
}

async function killOnHost(): Promise<number> {
  const cgroup = new KillingCgroup(HOST_CGROUP, 32)
  try {
    return await cgroup.kill()
  } finally {
    cgroup.remove()
  }
}

/** Holds the reports against the kernel's own lines. @returns figures for the last line. */
export async function countMorning(
  { kubectl, node }: Cluster,
  { fromSequence, hostPid }: Killed,
  evidence: () => Promise<string>,
): Promise<string> {
  const inKernel = (command: string): number =>
    readKills(fromSequence).filter((kill) => kill.command === command).length
  const readAll = async () => (await Promise.all(NAMESPACES.map((namespace) => listReports(kubectl, namespace)))).flat()
  const wrong = async (): Promise<string[]> => {
    const reports = await readAll()
    return VICTIMS.flatMap(({ namespace, kind, name, container, command }) => {
      const report = reports.find(
        ({ metadata, spec }) =>
          metadata.namespace === namespace &&
          spec.workload.kind === kind &&
          spec.workload.name === name &&
          spec.container === container,
      )
      const kills = report?.status?.kills ?? 0
      return kills === inKernel(command) ? [] : [`${kind}/${name}: ${inKernel(command)} in the kernel, ${kills} told`]
    })
  }
  const decided = async (): Promise<true | undefined> => {
    if ((await wrong()).length > 0) return undefined
    return (await readAll()).every(({ status }) => status?.last.hidden !== 'Unknown') ? true : undefined
  }
  await waitUntil('each report to count its kills and to say which are hidden', decided, {
    deadlineMs: 90_000,
    everyMs: 500,
    evidence: async () => `${(await wrong()).join('\n')}\n${await evidence()}`,
  })
  const ofNode = JSON.parse(await kubectl(['get', 'nodeoomreport', node, '-o', 'json'])) as {
    status: { lastKills: { victimPid?: number; scope: string }[] }
  }
  const onHost = ofNode.status.lastKills.find(({ victimPid }) => victimPid === hostPid)
  if (onHost?.scope !== 'HostCgroup')
    throw new Error(`expected process ${hostPid} in node ${node}'s report as HostCgroup, got ${onHost?.scope}`)
  const total = VICTIMS.reduce((sum, { command }) => sum + inKernel(command), 0)
  return `${total} kills in the kernel, ${total} in ${VICTIMS.length} OOMReports, and one of the host`
}
