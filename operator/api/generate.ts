import { mkdirSync, writeFileSync } from 'node:fs'
import { PLAIN_FILE, renderCrdFiles, renderPlainFile } from './crdFiles.ts'

const root = new URL('../../', import.meta.url)

function write(folder: string, files: ReadonlyMap<string, string>): void {
  mkdirSync(new URL(folder, root), { recursive: true })
  for (const [name, content] of files) {
    writeFileSync(new URL(`${folder}${name}`, root), content)
    console.log(`${folder}${name}`)
  }
}

write('crds/', new Map([[PLAIN_FILE, renderPlainFile()]]))
// The chart can read only what lies in its own folder.
write('charts/oomkeeper/files/crds/', renderCrdFiles())
