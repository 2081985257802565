/** The chart's own image's, as charts/oomkeeper/values.yaml has it. */
const NO_DIGEST = /^ {2}digest: ''$/gm

/**
 * Values that name the product's image by its digest, for a chart that installs those bytes and no others.
 * @throws Error where the values have no such line, or the digest is none
 */
export function pinImage(values: string, digest: string): string {
  if (!/^sha256:[0-9a-f]{64}$/.test(digest))
    throw new Error(`expected a digest like sha256:… of the image, got ${JSON.stringify(digest)}`)
  const found = values.match(NO_DIGEST)?.length ?? 0
  if (found !== 1) throw new Error(`expected the chart's values to have one line "  digest: ''", got ${found}`)
  return values.replace(NO_DIGEST, `  digest: ${digest}`)
}
