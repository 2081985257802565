import type { Log } from '../build/ensureBuilt.ts'
import { ensurePrograms, isInPath, whyNoServers } from '../host/requirements.ts'
import { ensureInitramfs } from './initramfs.ts'
import { ensureKernel, type GuestKernel, type KernelSeries } from './kernel.ts'

export interface GuestFiles extends GuestKernel {
  initramfs: string
}

/** Everything that a guest is made of: qemu, kernel and root file system. */
export async function ensureGuestFiles(series: KernelSeries, log: Log): Promise<GuestFiles> {
  await ensurePrograms({ 'qemu-system-x86_64': 'qemu-system-x86' }, log)
  return { ...(await ensureKernel(series, log)), initramfs: await ensureInitramfs(log) }
}

/** Why no guest can be made here, or undefined when nothing speaks against it. */
export function whyNoGuest(): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return `${process.platform} on ${process.arch}, not Linux on x64`
  if (!isInPath('apt-get')) return 'no apt-get to fetch a kernel with'
  if (!isInPath('qemu-system-x86_64') && process.getuid?.() !== 0)
    return 'no qemu-system-x86_64, and no root to install it'
  return whyNoServers()
}
