import { mkdirSync, writeFileSync } from 'node:fs'
import { renderCrdFiles } from './crdFiles.ts'

const root = new URL('../../', import.meta.url)

// The chart can read only what lies in its own folder.
for (const folder of ['crds/', 'charts/oomkeeper/files/crds/']) {
  mkdirSync(new URL(folder, root), { recursive: true })
  for (const [name, content] of renderCrdFiles()) {
    writeFileSync(new URL(`${folder}${name}`, root), content)
    console.log(`${folder}${name}`)
  }
}
