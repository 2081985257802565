import { spawn, type ChildProcess } from 'node:child_process'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Cluster } from '../cluster/attach.ts'
import { HOG_IMAGE } from '../cluster/images/importImages.ts'
import { PART_PATH } from '../cluster/process/part.ts'
import { waitUntil } from '../cluster/process/wait.ts'
import { readKills } from '../support/kernelLog.ts'
import { eaterManifest } from '../support/workload.ts'
import { wallMs } from './printkClock.ts'

/** A line of `kubectl get … -w`, and when it was there to be read. */
interface SeenLine {
  atMs: number
  text: string
}

class KubectlWatch {
  readonly lines: SeenLine[] = []
  readonly #child: ChildProcess

  constructor(cluster: Cluster, args: readonly string[]) {
    this.#child = spawn(join(cluster.programFolder, 'kubectl'), ['get', ...args, '-w', '--no-headers'], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { PATH: PART_PATH, HOME: dirname(cluster.kubeconfig), KUBECONFIG: cluster.kubeconfig },
    })
    const output = this.#child.stdout
    if (output !== null)
      createInterface({ input: output }).on('line', (text) => this.lines.push({ atMs: wallMs(), text }))
  }

  stop(): void {
    this.#child.kill()
  }
}

export interface Measured {
  cluster: Cluster
  namespace: string
  fromSequence: number
  toWallMs: (monotonicUsec: number) => number
}

/** From the kernel's time stamp of a kill to its line in `kubectl get oomreports -w`, in ms, kill by kill. */
export async function measureReports(
  { cluster, namespace, fromSequence, toWallMs }: Measured,
  kills: number,
): Promise<number[]> {
  const watch = new KubectlWatch(cluster, ['oomreports', '-n', namespace])
  try {
    const command = 'bench-w'
    // A child eats three seconds after it began: slower than the kernel's limit on dumps, and each write is seen by itself. None is
    // killed while the container is not in its pod's status yet, for which the operator would wait as long as the kubelet takes.
    const eater = {
      namespace,
      name: 'bench',
      container: 'app',
      command,
      limitMib: 32,
      in: 'child',
      delaySeconds: 3,
      repeat: kills,
    } as const
    await cluster.kubectl(['apply', '-f', '-'], { stdin: JSON.stringify(eaterManifest(eater)) })
    // NAME KILLS …
    const seen = (kill: number) => watch.lines.find(({ text }) => Number(text.split(/\s+/)[1]) >= kill)
    await waitUntil(`${kills} kills to be seen`, () => seen(kills), { deadlineMs: 60_000 + kills * 6_000 })
    const killed = readKills(fromSequence).filter((kill) => kill.command === command)
    return killed.map(({ monotonicUsec }, index) => (seen(index + 1)?.atMs ?? Number.NaN) - toWallMs(monotonicUsec))
  } finally {
    watch.stop()
  }
}

/** The peer: what Kubernetes itself shows, from the kill of a PID 1 to OOMKilled in `kubectl get pods -w`, in ms. */
export async function measurePods(
  { cluster, namespace, fromSequence, toWallMs }: Measured,
  kills: number,
): Promise<number[]> {
  const watch = new KubectlWatch(cluster, ['pods', '-n', namespace, '-l', 'peer=yes'])
  try {
    const samples: number[] = []
    for (let kill = 0; kill < kills; kill++) {
      const name = `peer-${kill}`
      const args = ['--in=self', '--mib=128', `--name=${name}`, '--delay=500ms']
      const container = {
        name: 'app',
        image: HOG_IMAGE,
        imagePullPolicy: 'Never',
        args,
        resources: { limits: { memory: '32Mi' } },
      }
      const pod = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name, namespace, labels: { peer: 'yes' } },
        spec: { restartPolicy: 'Never', containers: [container] },
      }
      await cluster.kubectl(['apply', '-f', '-'], { stdin: JSON.stringify(pod) })
      const seen = () => watch.lines.find(({ text }) => text.startsWith(`${name} `) && text.includes('OOMKilled'))
      const { atMs } = await waitUntil(`${name} to be OOMKilled`, seen, { deadlineMs: 60_000, everyMs: 20 })
      const killed = readKills(fromSequence).find(({ command }) => command === name)
      if (killed === undefined) throw new Error(`expected a kill line for ${name}, got none`)
      samples.push(atMs - toWallMs(killed.monotonicUsec))
    }
    return samples
  } finally {
    watch.stop()
  }
}
