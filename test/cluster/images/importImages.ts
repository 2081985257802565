import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { enterNamespaces } from '../host/namespaces.ts'
import { watchOver, type Part } from '../process/part.ts'
import { runCommand } from '../process/run.ts'
import { waitUntil } from '../process/wait.ts'
import { packProgramImage } from './programImage.ts'

export const PAUSE_IMAGE = 'oomkeeper.test/pause:1'
/** The memory eater: `hog --in child --mib 200 --mib-per-second 50 --name worker`. */
export const HOG_IMAGE = 'oomkeeper.test/hog:1'
/** Asks for a host name as a pod's programs do: `lookup kubernetes.default`. */
export const LOOKUP_IMAGE = 'oomkeeper.test/lookup:1'

const IMAGES = { pause: PAUSE_IMAGE, hog: HOG_IMAGE, lookup: LOOKUP_IMAGE }

/** Packs the built programs, as every node gets them. @returns the archives. */
export async function packImages(binaries: string, folder: string): Promise<string[]> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const files: string[] = []
  for (const [program, name] of Object.entries(IMAGES)) {
    const file = join(folder, `${program}.tar`)
    const content = readFileSync(join(binaries, program))
    writeFileSync(file, await packProgramImage({ name, program, content }))
    files.push(file)
  }
  return files
}

/** Hands them to this machine's containerd, as soon as it answers. */
export async function importImages(files: readonly string[], holderPid: number, containerd: Part): Promise<void> {
  const answers = async (): Promise<true> => (await ctr(holderPid, 'version'), true)
  await waitUntil('containerd to answer', answers, { deadlineMs: 30_000, ...watchOver(containerd) })
  for (const file of files) await importArchive(holderPid, file)
}

/** Gives the cluster's first node an image. @param insidePid any process in the cluster's namespaces. */
export async function importArchive(insidePid: number, archive: string): Promise<void> {
  await ctr(insidePid, 'images', 'import', archive)
}

function ctr(insidePid: number, ...args: readonly string[]): Promise<string> {
  return runCommand([...enterNamespaces(insidePid), 'ctr', '-n', 'k8s.io', ...args], { timeoutMs: 60_000 })
}
