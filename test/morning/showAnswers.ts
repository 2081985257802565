import type { Cluster } from '../cluster/attach.ts'
import { runCommand } from '../cluster/process/run.ts'
import type { Story } from '../demo/story.ts'

const BIN = new URL('../../bin', import.meta.url).pathname

/** What kubectl, and its plugin through a real port-forward, say of the morning. */
const QUESTIONS: readonly string[] = [
  'get oomreports -A',
  'get oomreports -A -o wide',
  'get oom -A',
  'get nodeoomreports -o wide',
  'get oomreports -A --field-selector spec.workload.kind=CronJob',
  'describe oomreport -n shop deployment.checkout.app',
  'get events -n shop --field-selector reason=OOMVictimHidden',
  'oom list -A',
  'oom top -A',
  'oom show -n shop deployment.checkout.app',
  'oom explain -n shop deployment.checkout.app',
]

export async function showAnswers(story: Story, cluster: Cluster, home: string): Promise<void> {
  story.step('What people read')
  const env = {
    PATH: `${BIN}:${cluster.programFolder}:${process.env['PATH']}`,
    HOME: home,
    KUBECONFIG: cluster.kubeconfig,
    COLUMNS: '160',
  }
  for (const question of [...QUESTIONS, `oom rank ${cluster.node}`, `oom simulate ${cluster.node}`]) {
    story.show(`kubectl ${question}`, await runCommand(['kubectl', ...question.split(' ')], { env }))
  }
}
