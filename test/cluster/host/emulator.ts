import { existsSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ARCHITECTURES, type Architecture } from './architecture.ts'
import { candidateVersions, unpackPackages } from './debianPackages.ts'

const PACKAGE = 'qemu-user-static'

/**
 * qemu for single programs of another architecture, out of Debian's package into the cache: neither installed nor made
 * known to the kernel. `EMULATOR -L ROOT PROGRAM` runs a program with the libraries below ROOT.
 */
export async function ensureEmulator(
  architecture: Architecture,
  cache: string,
  log: (line: string) => void,
): Promise<string> {
  const program = `qemu-${ARCHITECTURES[architecture].machine}-static`
  const [candidate = PACKAGE] = await candidateVersions([PACKAGE])
  const folder = join(cache, 'qemu', candidate.replaceAll(/[=:]/g, '_'))
  const emulator = join(folder, program)
  if (existsSync(emulator)) return emulator
  log(`fetching ${program} of ${candidate} …`)
  const unpacked = join(folder, `unpacked.${process.pid}`)
  try {
    await unpackPackages([candidate], unpacked)
    renameSync(join(unpacked, 'usr/bin', program), emulator) // Whoever sees the name sees all of it.
  } finally {
    rmSync(unpacked, { recursive: true, force: true })
  }
  return emulator
}
