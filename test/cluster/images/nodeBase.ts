import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Log } from '../build/ensureBuilt.ts'
import { candidateVersions, unpackPackages } from '../host/debianPackages.ts'

/** What the node program of npm is linked to, and the roots of trust; each without its own dependencies. */
const DEBIAN_PACKAGES = ['libc6', 'libstdc++6', 'libgcc-s1', 'ca-certificates']
/** Of no use to a program that is there alone. */
const LEFT_OUT = ['usr/share/doc', 'usr/share/man', 'usr/share/lintian', 'usr/sbin', 'usr/share/gcc', 'usr/share/gdb']
/** Raised with every change of what is made of the same packages. */
const LAYOUT = '2'

export interface NodeBase {
  /** The root file system, with a Dockerfile beside it. */
  folder: string
  /** Names the versions of everything in it. */
  key: string
}

/** A root file system like distroless's nodejs: Debian's C libraries, certificates, /nodejs/bin/node and nothing that runs a shell. */
export async function ensureNodeBase(cache: string, nodePackage: string, log: Log): Promise<NodeBase> {
  const packages = await candidateVersions(DEBIAN_PACKAGES)
  const { version } = JSON.parse(readFileSync(join(nodePackage, 'package.json'), 'utf8')) as { version: string }
  const hash = createHash('sha256').update(JSON.stringify([LAYOUT, process.arch, version, packages]))
  const key = `node-${version}-${hash.digest('hex').slice(0, 12)}`
  const folder = join(cache, 'base', key)
  if (existsSync(folder)) return { folder, key }

  log(`making the base of node ${version} and ${packages.join(' ')} …`)
  const unfinished = `${folder}.${process.pid}`
  const root = join(unfinished, 'root')
  try {
    await unpackPackages(packages, root)
    writeCertificates(root)
    for (const path of LEFT_OUT) rmSync(join(root, path), { recursive: true, force: true })
    for (const triplet of readdirSync(join(root, 'usr/lib'))) {
      rmSync(join(root, 'usr/lib', triplet, 'gconv'), { recursive: true, force: true }) // Node has its own ICU.
    }
    cpSync(join(nodePackage, 'bin/node'), join(root, 'nodejs/bin/node'))
    mkdirSync(join(root, 'tmp'), { mode: 0o777 })
    writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0::/:/none\nnonroot:x:65532:65532::/:/none\n')
    writeFileSync(join(root, 'etc/nsswitch.conf'), 'hosts: files dns\n')
    writeFileSync(join(unfinished, 'Dockerfile'), 'FROM scratch\nCOPY root /\nENTRYPOINT ["/nodejs/bin/node"]\n')
    renameSync(unfinished, folder) // Whoever sees the name sees all of it.
  } finally {
    rmSync(unfinished, { recursive: true, force: true })
  }
  return { folder, key }
}

/** What the package's own script would do after its installation. */
function writeCertificates(root: string): void {
  const folder = join(root, 'usr/share/ca-certificates/mozilla')
  const certificates = readdirSync(folder).sort()
  const bundle = certificates.map((name) => readFileSync(join(folder, name), 'utf8')).join('')
  mkdirSync(join(root, 'etc/ssl/certs'), { recursive: true })
  writeFileSync(join(root, 'etc/ssl/certs/ca-certificates.crt'), bundle)
  rmSync(join(root, 'usr/share/ca-certificates'), { recursive: true })
}
