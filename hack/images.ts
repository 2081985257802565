import { writeFileSync } from 'node:fs'
import { basename, relative } from 'node:path'
import { VERSION } from '../program/version.ts'
import { errorMessage } from '../test/cluster/process/wait.ts'
import { buildProductImage } from './images/productImage.ts'

/** `make images`: the image of all programs for both architectures as an archive in dist/, and its bills of materials. */
try {
  const image = await buildProductImage({ version: VERSION, architectures: ['amd64', 'arm64'], log: console.log })
  const { archive, platforms, ...facts } = image
  const described = {
    ...facts,
    archive: basename(archive),
    platforms: platforms.map(({ bom, ...platform }) => ({ ...platform, bom: basename(bom) })),
  }
  // For what packages the chart, signs and attests.
  writeFileSync('dist/images.json', `${JSON.stringify(described, null, 2)}\n`)
  const mebibytes = (bytes: number): string => `${(bytes / 1024 ** 2).toFixed(1)} MiB`
  const sizes = platforms.map(
    ({ architecture, packedBytes, unpackedBytes }) =>
      `${architecture} ${mebibytes(packedBytes)} (${mebibytes(unpackedBytes)} unpacked)`,
  )
  console.log(`images ok: ${image.name}@${image.digest}, ${sizes.join(', ')} in ${relative('.', archive)}`)
} catch (error) {
  console.error(`images failed: ${errorMessage(error)}`)
  process.exitCode = 3
}
