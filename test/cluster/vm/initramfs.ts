import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { cacheFolder, ensureBuilt, type Log } from '../build/ensureBuilt.ts'
import { GUEST, IMAGES } from '../build/goModule.ts'
import { candidateVersions, unpackPackages } from '../host/debianPackages.ts'
import { packCpio, type CpioEntry } from './cpio.ts'

/** What they are called in the root. */
const SCRIPTS = { init: 'init.sh', 'serve.sh': 'serve.sh' }
const FOLDERS = ['bin/', 'dev/', 'proc/', 'sys/', 'tmp/']
/** Raised with every change of what is made of the same files. */
const LAYOUT = '2'

/** The guest's root file system, in memory: static busybox, the memory eaters and the scripts. No disk is needed. */
export async function ensureInitramfs(log: Log): Promise<string> {
  const eaters = await ensureBuilt(IMAGES, log, ['hog'])
  const guest = await ensureBuilt(GUEST, log)
  const [busybox = ''] = await candidateVersions(['busybox-static'])
  const scripts = Object.entries(SCRIPTS).map(([path, file]): [string, Buffer] => [
    path,
    readFileSync(join(import.meta.dirname, file)),
  ])
  const hash = createHash('sha256').update(JSON.stringify([LAYOUT, busybox, basename(eaters), basename(guest)]))
  for (const [, content] of scripts) hash.update(content)
  const file = join(cacheFolder(), 'vm', `initramfs-${hash.digest('hex').slice(0, 12)}.gz`)
  if (existsSync(file)) return file

  log(`making the guest's root of ${busybox} …`)
  mkdirSync(dirname(file), { recursive: true })
  const unfinished = `${file}.${process.pid}`
  try {
    const root = `${unfinished}.root`
    await unpackPackages([busybox], root)
    const programs: [string, string][] = [
      ['busybox', join(root, 'bin/busybox')],
      ['hog', join(eaters, 'hog')],
      ...Object.keys(GUEST.programs).map((program): [string, string] => [program, join(guest, program)]),
    ]
    const entries: CpioEntry[] = FOLDERS.map((path) => ({ path }))
    for (const [name, source] of programs) entries.push({ path: `bin/${name}`, content: readFileSync(source) })
    for (const [path, content] of scripts) entries.push({ path, content })
    writeFileSync(unfinished, gzipSync(packCpio(entries)))
    renameSync(unfinished, file) // Whoever sees the name sees all of it.
  } finally {
    for (const path of [unfinished, `${unfinished}.root`]) rmSync(path, { recursive: true, force: true })
  }
  return file
}
