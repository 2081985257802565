import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { cacheFolder, type Log } from '../build/ensureBuilt.ts'
import { candidateVersions, findPackages, unpackPackages } from '../host/debianPackages.ts'

/** The series of Debian's cloud kernels that a guest boots, newest first. */
export const KERNEL_SERIES = ['6.12', '6.1'] as const
export type KernelSeries = (typeof KERNEL_SERIES)[number]

const PACKAGE = /^linux-image-(\d[\w.+-]*)-cloud-amd64$/

export interface GuestKernel {
  /** uname -r */
  release: string
  /** The compressed kernel, as a boot loader takes it. */
  image: string
  /** Where it and its modules come from: `name=version`. */
  debianPackage: string
}

/** The newest kernel of a series that apt offers. Its modules stay out: what a guest without network needs is built in. */
export async function ensureKernel(series: KernelSeries, log: Log): Promise<GuestKernel> {
  const name = newestKernelPackage(series, await findPackages(`linux-image-${series}.`, PACKAGE))
  if (name === undefined)
    throw new Error(`expected a Debian package linux-image-${series}.*-cloud-amd64, apt knows none: add its suite`)
  const [wanted = name] = await candidateVersions([name])
  const release = name.replace('linux-image-', '')
  const image = join(cacheFolder(), 'vm', wanted.replace('=', '_'), 'vmlinuz')
  if (existsSync(image)) return { release, image, debianPackage: wanted }

  log(`fetching ${wanted} …`)
  const unfinished = join(cacheFolder(), `vm/.kernel.${process.pid}`)
  try {
    const root = join(unfinished, 'root')
    await unpackPackages([wanted], root)
    mkdirSync(dirname(image), { recursive: true })
    copyFileSync(join(root, `boot/vmlinuz-${release}`), `${image}.${process.pid}`)
    renameSync(`${image}.${process.pid}`, image) // Whoever sees the name sees all of it.
  } finally {
    rmSync(unfinished, { recursive: true, force: true })
  }
  return { release, image, debianPackage: wanted }
}

/** By the numbers in the names, of which apt keeps several. */
export function newestKernelPackage(series: string, names: readonly string[]): string | undefined {
  const ofSeries = names.filter((name) => PACKAGE.test(name) && name.startsWith(`linux-image-${series}.`))
  return ofSeries.toSorted((a, b) => compareNumbers(a, b)).at(-1)
}

function compareNumbers(a: string, b: string): number {
  const [left, right] = [a, b].map((name) => (name.match(/\d+/g) ?? []).map(Number))
  for (const [at, number] of (left ?? []).entries()) {
    const difference = number - (right?.[at] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
