import { statSync } from 'node:fs'
import { relative } from 'node:path'
import { VERSION } from '../program/version.ts'
import { buildProductImage } from '../test/cluster/images/productImage.ts'
import { errorMessage } from '../test/cluster/process/wait.ts'

/** `make images`: the image of all programs as an archive in dist/, made of Debian's packages and npm's node. */
try {
  const { name, archive } = await buildProductImage(VERSION, console.log)
  const mebibytes = (statSync(archive).size / 1024 ** 2).toFixed(1)
  console.log(`images ok: ${name}, ${mebibytes} MiB in ${relative('.', archive)}`)
} catch (error) {
  console.error(`images failed: ${errorMessage(error)}`)
  process.exitCode = 3
}
