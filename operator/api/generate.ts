import { mkdirSync, writeFileSync } from 'node:fs'
import { renderCrdFiles } from './crdFiles.ts'

const folder = new URL('../../crds/', import.meta.url)

mkdirSync(folder, { recursive: true })
for (const [name, content] of renderCrdFiles()) {
  writeFileSync(new URL(name, folder), content)
  console.log(`crds/${name}`)
}
