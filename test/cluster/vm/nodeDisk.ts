import { createHash } from 'node:crypto'
import { copyFileSync, cpSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { cacheFolder, type Log } from '../build/ensureBuilt.ts'
import { unpackPackages } from '../host/debianPackages.ts'
import { ensurePrograms } from '../host/requirements.ts'
import { withProgress } from '../process/progress.ts'
import { runCommand } from '../process/run.ts'
import type { GuestKernel } from './kernel.ts'

const SUITE = 'bookworm'
/** What a node has beside the kubelet and kube-proxy. */
const DEBIAN_PACKAGES = [
  'ca-certificates',
  'conntrack',
  'containerd',
  'containernetworking-plugins',
  'iproute2',
  'iptables',
  'kmod',
  'procps',
  'runc',
]
const NODE_PROGRAMS = ['kubelet', 'kube-proxy']
/** A hole: only what is written takes room. */
const SIZE = '6G'
/** Raised with every change of what is made of the same packages and programs. */
const LAYOUT = '1'

/** Where a node's Debian has the CNI plugins. */
export const CNI_PLUGIN_FOLDER = '/usr/lib/cni'

/** The disk of a node, never started: Debian with containerd, the kernel's modules, kubelet and kube-proxy. To be copied. */
export async function ensureNodeDisk(kernel: GuestKernel, kubernetes: string, log: Log): Promise<string> {
  const parts = [LAYOUT, SUITE, DEBIAN_PACKAGES, kernel.debianPackage, basename(kubernetes)]
  const hash = createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 12)
  const file = join(cacheFolder(), 'vm', `node-${hash}.img`)
  if (existsSync(file)) return file

  await ensurePrograms({ mmdebstrap: 'mmdebstrap', mke2fs: 'e2fsprogs' }, log)
  mkdirSync(dirname(file), { recursive: true })
  const unfinished = `${file}.${process.pid}`
  const root = `${unfinished}.root`
  try {
    await withProgress(`making a node's disk of Debian ${SUITE} and ${kernel.debianPackage} …`, log, async () => {
      const include = `--include=${DEBIAN_PACKAGES.join(',')}`
      const withoutTexts = ['doc', 'info', 'locale', 'man'].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`)
      await runCommand(['mmdebstrap', '--quiet', '--variant=minbase', include, ...withoutTexts, SUITE, root], {
        timeoutMs: 900_000,
      })
      await addModules(kernel, root)
      for (const program of NODE_PROGRAMS) copyFileSync(join(kubernetes, program), join(root, 'usr/local/bin', program))
      mkdirSync(join(root, 'opt/node'), { recursive: true })
      writeFileSync(join(root, 'etc/resolv.conf'), '')
      await runCommand(['mke2fs', '-q', '-t', 'ext4', '-d', root, unfinished, SIZE], { timeoutMs: 300_000 })
    })
    renameSync(unfinished, file) // Whoever sees the name sees all of it.
  } finally {
    for (const path of [unfinished, root, `${unfinished}.kernel`]) rmSync(path, { recursive: true, force: true })
  }
  return file

  async function addModules({ debianPackage, release }: GuestKernel, into: string): Promise<void> {
    const unpacked = `${unfinished}.kernel`
    await unpackPackages([debianPackage], unpacked)
    cpSync(join(unpacked, 'lib/modules', release), join(into, 'usr/lib/modules', release), { recursive: true })
    await runCommand(['chroot', into, 'depmod', release])
  }
}
