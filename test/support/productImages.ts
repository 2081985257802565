import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildProductImage } from '../../hack/images/productImage.ts'
import { VERSION } from '../../program/version.ts'
import type { Cluster } from '../cluster/attach.ts'
import { ensureBuilt, type Log } from '../cluster/build/ensureBuilt.ts'
import { NATS } from '../cluster/build/goModule.ts'
import { ownArchitecture } from '../cluster/host/architecture.ts'
import { packProgramImage } from '../cluster/images/programImage.ts'

/** In place of the one in Docker's registry, under the chart's name for it: the same program, of the same version. */
const NATS_IMAGE = `docker.io/library/nats:${NATS.version}`

/** Gives every node the images that the chart asks for by default, so that nothing has to be set for it. */
export async function importProductImages(cluster: Cluster, folder: string, log: Log): Promise<void> {
  const { archive } = await buildProductImage({ version: VERSION, architectures: [ownArchitecture()], log })
  await cluster.importImage(archive)
  const content = readFileSync(join(await ensureBuilt(NATS, log), 'nats-server'))
  const natsArchive = join(folder, 'nats.tar')
  writeFileSync(natsArchive, await packProgramImage({ name: NATS_IMAGE, program: 'nats-server', content }))
  await cluster.importImage(natsArchive)
}
