import type { Cluster } from '../cluster/attach.ts'
import { waitUntil } from '../cluster/process/wait.ts'
import type { Story } from '../demo/story.ts'
import type { InstalledProduct } from '../support/installedProduct.ts'
import { nextSequence, readKills } from '../support/kernelLog.ts'
import { KillingCgroup } from '../support/memcgKill.ts'
import { listReports } from '../support/reports.ts'
import { MORNING, NAMESPACES, VICTIMS } from './workloads.ts'

const HOST_CGROUP = 'oomkeeper-morning-backup'

/** Lets the kernel kill one after the other. @returns the sequence of the kernel's log before it. */
export async function killMorning(story: Story, { kubectl }: Cluster, product: InstalledProduct): Promise<number> {
  story.step('A mixed morning: workers, first processes, an init container, a pod’s own limit, a program of the host')
  const fromSequence = nextSequence()
  await kubectl(['apply', '-f', '-'], { stdin: MORNING })
  const host = new KillingCgroup(HOST_CGROUP, 32)
  try {
    await host.kill()
  } finally {
    host.remove()
  }
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
  return fromSequence
}

/** Holds the reports against the kernel's own lines. @returns figures for the last line. */
export async function countMorning(
  { kubectl }: Cluster,
  fromSequence: number,
  evidence: () => Promise<string>,
): Promise<string> {
  const inKernel = (command: string): number =>
    readKills(fromSequence).filter((kill) => kill.command === command).length
  const wrong = async (): Promise<string[]> => {
    const reports = (await Promise.all(NAMESPACES.map((namespace) => listReports(kubectl, namespace)))).flat()
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
    const all = (await Promise.all(NAMESPACES.map((namespace) => listReports(kubectl, namespace)))).flat()
    return all.every(({ status }) => status?.last.hidden !== 'Unknown') ? true : undefined
  }
  await waitUntil('each report to count its kills and to say which are hidden', decided, {
    deadlineMs: 90_000,
    everyMs: 500,
    evidence: async () => `${(await wrong()).join('\n')}\n${await evidence()}`,
  })
  const total = VICTIMS.reduce((sum, { command }) => sum + inKernel(command), 0)
  return `${total} kills in the kernel, ${total} in ${VICTIMS.length} OOMReports, and one of the host`
}
