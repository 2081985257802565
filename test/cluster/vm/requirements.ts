import { existsSync } from 'node:fs'
import type { Log } from '../build/ensureBuilt.ts'
import { ensurePrograms, isInPath, whyNoServers } from '../host/requirements.ts'
import { errorMessage } from '../process/wait.ts'
import type { MachinePrograms } from '../record.ts'
import { ensureInitramfs } from './initramfs.ts'
import { ensureKernel, KERNEL_SERIES, type GuestKernel, type KernelSeries } from './kernel.ts'
import { ensureNodeDisk } from './nodeDisk.ts'

export interface GuestFiles extends GuestKernel {
  initramfs: string
}

/** The series that a node boots: virtio's drivers for PCI are built into it. */
const NODE_SERIES = '6.12'

const found = new Map<KernelSeries, GuestFiles>()

/** Everything that a guest is made of: qemu, kernel and root file system. Looked for once: apt takes its time to answer. */
export async function ensureGuestFiles(series: KernelSeries, log: Log): Promise<GuestFiles> {
  const known = found.get(series)
  if (known !== undefined) return known
  await ensurePrograms({ 'qemu-system-x86_64': 'qemu-system-x86' }, log)
  const files = { ...(await ensureKernel(series, log)), initramfs: await ensureInitramfs(log) }
  found.set(series, files)
  return files
}

/** Everything that the machine of a node is made of. @param kubernetes the folder of its programs */
export async function ensureMachine(kubernetes: string, log: Log): Promise<MachinePrograms> {
  const { initramfs, ...kernel } = await ensureGuestFiles(NODE_SERIES, log)
  return { kernel: kernel.image, initramfs, disk: await ensureNodeDisk(kernel, kubernetes, log) }
}

/** Why a cluster cannot have a second node here, if it can have one. */
export function whyNoMachine(): string | undefined {
  return whyNoGuest() ?? (existsSync('/dev/net/tun') ? undefined : 'no /dev/net/tun')
}

/**
 * Fetches and builds what guests of all series take.
 * @returns why none can be made here, such as a distribution without these kernels; undefined when all is there
 */
export async function prepareGuests(log: Log): Promise<string | undefined> {
  const missing = whyNoGuest()
  if (missing !== undefined) return missing
  try {
    for (const series of KERNEL_SERIES) await ensureGuestFiles(series, log)
    return undefined
  } catch (error) {
    return errorMessage(error)
  }
}

function whyNoGuest(): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return `${process.platform} on ${process.arch}, not Linux on x64`
  if (!isInPath('apt-get')) return 'no apt-get to fetch a kernel with'
  if (!isInPath('qemu-system-x86_64') && process.getuid?.() !== 0)
    return 'no qemu-system-x86_64, and no root to install it'
  return whyNoServers()
}
