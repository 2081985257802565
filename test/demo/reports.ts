import type { Kubectl } from '../cluster/parts/kubectl.ts'
import { waitUntil } from '../cluster/process/wait.ts'
import { listReports } from '../support/reports.ts'
import type { Eater } from '../support/workload.ts'
import type { Story } from './story.ts'

export const SHOP: Eater = {
  namespace: 'shop',
  name: 'checkout',
  container: 'app',
  command: 'worker',
  limitMib: 64,
  in: 'child',
  delaySeconds: 1,
}

/** The kill as the kernel logged it. */
export interface Expected {
  pid: number
  command: string
  node: string
}

/** Shows the reports, and holds them against what the kernel logged. @returns kills in the namespace's reports. */
export async function showReports(
  story: Story,
  kubectl: Kubectl,
  expected: Expected,
  evidence: () => string | Promise<string>,
): Promise<number> {
  story.step('What oomkeeper says')
  const written = async () => ((await listReports(kubectl, SHOP.namespace))[0]?.status?.kills ? true : undefined)
  await waitUntil('the OOMReport to be written', written, { deadlineMs: 30_000, evidence })
  story.show('kubectl get oomreports -A', await kubectl(['get', 'oomreports', '-A']))
  story.say(
    '\n   Whether the kill is hidden is a fact only 30 s after it: had Kubernetes shown it, it would have by then. Waiting …',
  )
  const decided = async () => {
    const [report] = await listReports(kubectl, SHOP.namespace)
    return report?.status?.last.hidden === 'Unknown' ? undefined : report
  }
  const report = await waitUntil('the report to say whether the kill is hidden', decided, {
    deadlineMs: 60_000,
    everyMs: 500,
    evidence,
  })
  story.show(
    `kubectl describe oomreports -n ${SHOP.namespace}`,
    await kubectl(['describe', 'oomreports', '-n', SHOP.namespace]),
  )
  story.show('kubectl get oomreports -A -o wide', await kubectl(['get', 'oomreports', '-A', '-o', 'wide']))

  const { spec, status } = report
  const said = {
    workload: `${spec.workload.kind}/${spec.workload.name}`,
    container: spec.container,
    pid: status?.last.pid,
    command: status?.last.victim,
    node: status?.last.node,
    hidden: status?.last.hidden,
  }
  const wanted = { workload: `Deployment/${SHOP.name}`, container: SHOP.container, ...expected, hidden: 'Yes' }
  for (const [what, value] of Object.entries(wanted)) {
    const got = said[what as keyof typeof said]
    if (got !== value) throw new Error(`the report's ${what}: expected ${value}, got ${got}`)
  }
  story.say(
    `\n   The report names ${said.workload}, container ${said.container}, and ${said.command}(${said.pid}), as the kernel logged it.`,
  )
  return status?.kills ?? 0
}
