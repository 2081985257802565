import { createHash } from 'node:crypto'
import type { Architecture } from '../../test/cluster/host/architecture.ts'
import { controlField } from './controlField.ts'

/** A component as CycloneDX 1.5 has it; npm's are passed on as they are. */
export interface Component {
  type: string
  name: string
  version: string
  purl: string
  'bom-ref': string
  [field: string]: unknown
}

export interface ImageContents {
  /** Repository and tag. */
  image: { repository: string; version: string }
  architecture: Architecture
  /** RFC 3339 */
  created: string
  /** What npm says of all packages that are locked. */
  npmComponents: readonly Component[]
  /** `name@version` of those that are in the bundles. */
  bundled: ReadonlySet<string>
  /** Of Debian's packages (deb-control(5)). */
  paragraphs: readonly string[]
  /** `debian-12`, as in the distribution's own os-release. */
  distribution: string
  /** `process.versions` of the Node.js that is in the image, and its program's bytes. */
  node: { versions: Readonly<Record<string, string | undefined>>; program: Uint8Array }
}

/** Interfaces and data, not programs that somebody else keeps. */
const NOT_SOFTWARE = new Set(['node', 'modules', 'napi', 'cldr', 'unicode', 'tz'])

/** What is in an image, as a CycloneDX 1.5 document: the same text for the same contents. */
export function composeBom(contents: ImageContents): string {
  const { image, architecture, created } = contents
  const components = [
    ...contents.npmComponents.filter((component) => contents.bundled.has(component['bom-ref'])),
    nodeComponent(contents),
    ...contents.paragraphs.map((paragraph) => debianComponent(paragraph, contents)),
  ].toSorted((a, b) => (a.purl < b.purl ? -1 : 1))
  const known = new Set(components.map((component) => component['bom-ref']))
  const missing = [...contents.bundled].filter((id) => !known.has(id))
  if (missing.length > 0)
    throw new Error(`expected npm to know each bundled package, it does not: ${missing.join(', ')}`)
  const bom = {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: {
      timestamp: created,
      component: {
        type: 'container',
        name: image.repository,
        version: image.version,
        'bom-ref': 'image',
        purl: `pkg:oci/${image.repository.split('/').at(-1)}@${image.version}?arch=${architecture}&repository_url=${encodeURIComponent(image.repository)}`,
        licenses: [{ license: { id: 'Apache-2.0' } }],
      },
    },
    components,
    dependencies: [{ ref: 'image', dependsOn: [...known] }],
  }
  const serialNumber = `urn:uuid:${uuidOf(JSON.stringify(bom))}`
  return `${JSON.stringify({ ...bom, serialNumber }, null, 2)}\n`
}

function nodeComponent({ node, architecture }: ImageContents): Component {
  const { node: version = '' } = node.versions
  const purl = `pkg:generic/node@${version}?arch=${architecture}`
  const parts = Object.entries(node.versions).filter(([name, of]) => of && !NOT_SOFTWARE.has(name))
  return {
    type: 'application',
    'bom-ref': purl,
    name: 'node',
    version,
    purl,
    cpe: `cpe:2.3:a:nodejs:node.js:${version}:*:*:*:*:*:*:*`,
    hashes: [{ alg: 'SHA-256', content: createHash('sha256').update(node.program).digest('hex') }],
    licenses: [{ license: { id: 'MIT' } }],
    // What is linked into it.
    components: parts.map(([name, of = '']) => ({
      type: 'library',
      name,
      version: of,
      purl: `pkg:generic/${name}@${of}`,
    })),
  }
}

function debianComponent(paragraph: string, { architecture, distribution }: ImageContents): Component {
  const name = controlField(paragraph, 'Package')
  const version = controlField(paragraph, 'Version')
  const [vendor = ''] = distribution.split('-')
  const arch = controlField(paragraph, 'Architecture')
  const purl = `pkg:deb/${vendor}/${encodeURIComponent(name)}@${encodeURIComponent(version)}?arch=${arch}&distro=${distribution}`
  if (arch !== architecture && arch !== 'all')
    throw new Error(`expected ${name} for ${architecture}, got one for ${arch}`)
  return { type: 'library', 'bom-ref': purl, name, version, purl }
}

/** Of the contents (RFC 9562, version 8), where others draw lots. */
function uuidOf(text: string): string {
  const digits = createHash('sha256').update(text).digest('hex')
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `8${digits.slice(13, 16)}`,
    `8${digits.slice(17, 20)}`,
    digits.slice(20, 32),
  ].join('-')
}
