import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Cluster } from '../cluster/attach.ts'
import { STATE_FOLDER } from '../cluster/names.ts'

const NAME = 'oomkeeper-nats'
const FOLDER = join(STATE_FOLDER, 'volumes', NAME)

/** What an admin of a cluster without a provisioner does: a folder of a node as a volume without a class, which the chart's claim finds. */
export async function createNatsVolume({ kubectl, node }: Cluster): Promise<void> {
  mkdirSync(FOLDER, { recursive: true })
  const volume = {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: NAME },
    spec: {
      capacity: { storage: '10Gi' },
      accessModes: ['ReadWriteOnce'],
      persistentVolumeReclaimPolicy: 'Retain',
      local: { path: FOLDER },
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [
            { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node] }] },
          ],
        },
      },
    },
  }
  await kubectl(['apply', '-f', '-'], { stdin: JSON.stringify(volume) })
}

/** After its claim. */
export async function removeNatsVolume({ kubectl }: Cluster): Promise<void> {
  await kubectl(['delete', 'persistentvolume', NAME, '--ignore-not-found'])
  rmSync(FOLDER, { recursive: true, force: true })
}
