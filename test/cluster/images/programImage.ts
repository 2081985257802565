import { packLayer } from '../../../hack/images/layer.ts'
import { makeIndex, makePlatformImage, packOciArchive } from '../../../hack/images/ociImage.ts'
import { ownArchitecture } from '../host/architecture.ts'

/** An image of one static program of this machine's architecture: nothing else is in it. */
export interface ProgramImage {
  /** Repository and tag. */
  name: string
  program: string
  content: Uint8Array
}

/** It goes no farther than to this machine: packed quickly. */
const QUICKLY = 1

/** What `ctr images import` reads. */
export async function packProgramImage({ name, program, content }: ProgramImage): Promise<Buffer> {
  const layer = await packLayer([{ path: program, type: 'file', mode: 0o755, content }], QUICKLY)
  const start = { Entrypoint: [`/${program}`], Env: ['PATH=/'], WorkingDir: '/' }
  const image = makePlatformImage(ownArchitecture(), [layer], start, '1970-01-01T00:00:00Z')
  return packOciArchive(name, makeIndex([image]), [image])
}
