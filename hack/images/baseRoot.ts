import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Log } from '../../test/cluster/build/ensureBuilt.ts'
import type { Architecture } from '../../test/cluster/host/architecture.ts'
import { candidateVersions, unpackPackages, type Apt } from '../../test/cluster/host/debianPackages.ts'
import { runCommand } from '../../test/cluster/process/run.ts'
import { controlField } from './controlField.ts'
import { readTree, textFile, type ImageFile } from './imageFile.ts'
import { openLayer, packLayer, type Layer } from './layer.ts'

/**
 * What npm's node is linked to, by what the agent's container drops its capabilities (setpriv), and which Debian this is; each
 * without its own dependencies. Roots of trust are in Node.js itself.
 */
const DEBIAN_PACKAGES = ['libc6', 'libstdc++6', 'libgcc-s1', 'base-files', 'util-linux', 'libcap-ng0']
/** Of their files: libraries, what scanners look for, and licenses. */
const KEPT =
  /^(?:lib|lib64|usr\/bin\/setpriv|usr\/lib|usr\/share\/common-licenses|usr\/share\/doc\/[^/]+\/copyright)(?:\/|$)/
/** Node has its own ICU in its place. */
const GCONV = /\/gconv(?:\/|$)/
/** Of a running system. */
const OF_SYSTEM = /^(?:usr\/)?lib\/(?:systemd|udev|mime|tmpfiles\.d)(?:\/|$)/
/** Raised with every change of what is made of the same packages. */
const LAYOUT = '4'

export interface NodeBase {
  /** Its files as a root folder. */
  root: string
  layer: Layer
  /** Of each Debian package in it (deb-control(5)). */
  paragraphs: readonly string[]
}

/** A root file system like distroless's nodejs: Debian's C libraries, /nodejs/bin/node, setpriv and nothing that runs a shell. */
export async function ensureNodeBase(
  architecture: Architecture,
  nodePackage: string,
  apt: Apt,
  cache: string,
  log: Log,
): Promise<NodeBase> {
  const packages = await candidateVersions(DEBIAN_PACKAGES, apt)
  const { version } = JSON.parse(readFileSync(join(nodePackage, 'package.json'), 'utf8')) as { version: string }
  const hash = createHash('sha256').update(JSON.stringify([LAYOUT, architecture, version, packages]))
  const folder = join(cache, 'base', `node-${version}-${architecture}-${hash.digest('hex').slice(0, 12)}`)
  if (!existsSync(folder)) {
    log(`making the base of node ${version} (${architecture}) and ${packages.join(' ')} …`)
    const unfinished = `${folder}.${process.pid}`
    try {
      await makeBase(unfinished, nodePackage, packages, apt)
      renameSync(unfinished, folder) // Whoever sees the name sees all of it.
    } finally {
      rmSync(unfinished, { recursive: true, force: true })
    }
  }
  return {
    root: join(folder, 'root'),
    layer: openLayer(readFileSync(join(folder, 'layer.tar.gz'))),
    paragraphs: JSON.parse(readFileSync(join(folder, 'paragraphs.json'), 'utf8')) as string[],
  }
}

async function makeBase(folder: string, nodePackage: string, packages: readonly string[], apt: Apt): Promise<void> {
  const unpacked = join(folder, 'unpacked')
  const paragraphs = await unpackPackages(packages, unpacked, apt)
  const layer = await packLayer(baseFiles(readTree(unpacked), paragraphs, nodePackage))
  writeFileSync(join(folder, 'layer.tar.gz'), layer.blob.content)
  writeFileSync(join(folder, 'paragraphs.json'), JSON.stringify(paragraphs))
  mkdirSync(join(folder, 'root'))
  await runCommand(['tar', '-xzf', join(folder, 'layer.tar.gz'), '-C', join(folder, 'root')])
  rmSync(unpacked, { recursive: true })
}

function baseFiles(debian: readonly ImageFile[], paragraphs: readonly string[], nodePackage: string): ImageFile[] {
  return [
    ...debian.filter(({ path }) => KEPT.test(path) && !GCONV.test(path) && !OF_SYSTEM.test(path)),
    { path: 'etc/os-release', type: 'symlink', target: '../usr/lib/os-release' },
    textFile('etc/passwd', 'root:x:0:0::/:/none\nnonroot:x:65532:65532::/:/none\n'),
    textFile('etc/nsswitch.conf', 'hosts: files dns\n'),
    // Where scanners look for packages that dpkg did not install.
    ...paragraphs.map((paragraph) =>
      textFile(`var/lib/dpkg/status.d/${controlField(paragraph, 'Package')}`, paragraph),
    ),
    { path: 'nodejs/bin/node', type: 'file', mode: 0o755, content: readFileSync(join(nodePackage, 'bin/node')) },
    textFile('nodejs/LICENSE', readFileSync(join(nodePackage, 'LICENSE'))),
    { path: 'tmp', type: 'directory', mode: 0o1777 },
  ]
}
