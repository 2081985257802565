import { createHash } from 'node:crypto'
import { globSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { buildProductImage, type ProductImage } from '../../hack/images/productImage.ts'
import { OPERATOR_FLAGS } from '../../hack/warmParts.ts'
import { VERSION } from '../../program/version.ts'
import type { Architecture } from '../cluster/host/architecture.ts'
import { CommandError, runCommand } from '../cluster/process/run.ts'
import { bundlePrograms } from '../support/bundlePrograms.ts'
import { recordingPath } from '../support/recording.ts'
import { unpackImage, type UnpackedImage } from '../support/unpackedImage.ts'
import { useAgentWorld } from '../support/agentWorld.ts'

const ARCHITECTURES: readonly Architecture[] = ['amd64', 'arm64']
const MIB = 1024 ** 2
const fixture = (path: string): string => resolve(import.meta.dirname, '../fixtures', path)

/** The part of a program and, each once, those that it asks for: some beside them are the hooks' alone. */
function findParts(folder: string, name: string, found: string[] = []): string[] {
  const path = join(folder, name)
  if (found.includes(path)) return found
  found.push(path)
  for (const [, next = ''] of readFileSync(path, 'latin1').matchAll(/require\("\.\/(operator-\w+\.cjs)"\)/g)) {
    findParts(folder, next, found)
  }
  return found
}

let folder: string
let image: ProductImage
const unpacked = new Map<Architecture, UnpackedImage>()

function imageOf(architecture: Architecture): UnpackedImage {
  const found = unpacked.get(architecture)
  if (found === undefined) throw new Error(`expected an image for ${architecture}, got none`)
  return found
}

/** Runs a program of the image. @returns what it says, and its exit code */
async function run(architecture: Architecture, program: string, ...args: readonly string[]) {
  const { node, root } = imageOf(architecture)
  try {
    const stdout = await runCommand([...node, join(root, 'app', program), ...args], { timeoutMs: 60_000 })
    return { exitCode: 0, stdout }
  } catch (error) {
    if (error instanceof CommandError) return { exitCode: error.exitCode, stdout: error.message }
    throw error
  }
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'oomkeeper-images-'))
  bundlePrograms()
  image = await buildProductImage({ version: VERSION, architectures: ARCHITECTURES, folder, log: () => undefined })
  for (const architecture of ARCHITECTURES)
    unpacked.set(architecture, await unpackImage(image.archive, architecture, folder))
}, 300_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the image', () => {
  it('is the same bytes when bundles and Debian’s packages are put together anew', async () => {
    bundlePrograms()
    const again = await buildProductImage({
      version: VERSION,
      architectures: ['amd64'],
      folder: join(folder, 'again'),
      cache: join(folder, 'cache'),
      log: () => undefined,
    })
    const first = image.platforms.find(({ architecture }) => architecture === 'amd64')
    expect(again.platforms[0]?.digest).toBe(first?.digest)
    expect(readFileSync(again.platforms[0]?.bom ?? '')).toEqual(readFileSync(first?.bom ?? ''))
  }, 180_000)

  it.each(ARCHITECTURES)(
    'has no shell, no package manager and no program but Node.js and setpriv (%s)',
    (architecture) => {
      const { root, config } = imageOf(architecture)
      const programs = globSync('**', { cwd: root, withFileTypes: true })
        .filter((entry) => entry.isFile() && statSync(join(entry.parentPath, entry.name)).mode & 0o111)
        .map(({ name }) => name)
        .filter((name) => !/\.so(?:\.\d+)*$/.test(name))
      expect(programs.toSorted()).toEqual(['node', 'setpriv'])
      expect(globSync('**/{sh,bash,busybox,apt*,dpkg}', { cwd: root })).toEqual(['var/lib/dpkg'])
      expect(config.config).toMatchObject({ User: '65532:65532', Entrypoint: ['/nodejs/bin/node'] })
    },
  )

  it.each(ARCHITECTURES)('is small to download (%s)', (architecture) => {
    const built = image.platforms.find((platform) => platform.architecture === architecture)
    // 49 MiB, 44 of them Node.js: whatever makes it larger is to be seen here.
    expect(built?.packedBytes).toBeLessThan(52 * MIB)
  })

  it.each(ARCHITECTURES)(
    'starts each of its programs, with its own libraries (%s)',
    async (architecture) => {
      for (const name of ['agent', 'operator', 'restore', 'keys', 'selftest']) {
        expect(await run(architecture, `${name}.mjs`, '--version')).toEqual({
          exitCode: 0,
          stdout: `oomkeeper-${name} ${VERSION}\n`,
        })
      }
      const { stdout } = await run(architecture, 'cli.mjs', 'analyze', fixture('kmsg/6.12-memcg-v2.kmsg'))
      expect(stdout).toContain('was killed because its cgroup reached its limit of 64 MiB')
    },
    60_000,
  )

  it.each(ARCHITECTURES)(
    'has what V8 compiled of commands and operator for its own architecture (%s)',
    async (architecture) => {
      const { node, root } = imageOf(architecture)
      const script = join(folder, 'accepted.mjs')
      writeFileSync(
        script,
        `import { readFileSync } from 'node:fs'
       import { Script } from 'node:vm'
       for (const path of process.argv.slice(2))
         console.log(new Script(readFileSync(path, 'latin1'), { cachedData: readFileSync(path + '.cache') }).cachedDataRejected)`,
      )
      const accepted = async (parts: readonly string[], ...flags: readonly string[]): Promise<string[]> =>
        (await runCommand([...node, ...flags, script, ...parts])).trim().split('\n')
      const commands = globSync(join(root, 'app/cli-*.cjs'))
      expect(await accepted(commands)).toEqual(commands.map(() => 'false'))
      const operator = findParts(join(root, 'app'), 'operator-part.cjs')
      expect(operator.length).toBeGreaterThan(1)
      expect(await accepted(operator, ...OPERATOR_FLAGS)).toEqual(operator.map(() => 'false'))
    },
  )

  it.each(ARCHITECTURES)('has a bill of materials of all that is in it, and of nothing else (%s)', (architecture) => {
    const { root } = imageOf(architecture)
    const file = image.platforms.find((platform) => platform.architecture === architecture)?.bom ?? ''
    const { components } = JSON.parse(readFileSync(file, 'utf8')) as {
      components: { name: string; purl: string; hashes?: { content: string }[] }[]
    }
    const namesOf = (type: string): string[] =>
      components.filter(({ purl }) => purl.startsWith(`pkg:${type}/`)).map(({ name }) => name)
    expect(namesOf('deb').toSorted()).toEqual(
      globSync('var/lib/dpkg/status.d/*', { cwd: root })
        .map((path) => basename(path))
        .toSorted(),
    )
    const node = createHash('sha256')
      .update(readFileSync(join(root, 'nodejs/bin/node')))
      .digest('hex')
    expect(components.find(({ name }) => name === 'node')?.hashes?.[0]?.content).toBe(node)
    expect(namesOf('npm')).toEqual(expect.arrayContaining(['@kubernetes/client-node', 'nats', 'zod']))
    expect(namesOf('npm').filter((name) => /^(?:jest|esbuild|typescript|oxlint|node-linux-.*)$/.test(name))).toEqual([])
    const notices = readFileSync(join(root, 'app/NOTICES.txt'), 'utf8')
    expect(namesOf('npm').filter((name) => !notices.includes(`\n${name}@`))).toEqual([])
  })
})

describe('the image’s agent, with a real nats-server', () => {
  const world = useAgentWorld()

  it.each(ARCHITECTURES)(
    'connects and stores a recorded kill (%s)',
    async (architecture) => {
      const { node, root } = imageOf(architecture)
      const kmsg = recordingPath('6.18-memcg-v1.kmsg')
      const { program } = await world.start({ kmsg, command: [...node, join(root, 'app/agent.mjs')] })
      expect(await program.ended).toEqual({ code: 0, signal: null })
      expect(await world.stream.events()).toMatchObject([{ node: world.node, victim: { pid: 12950, command: 'tail' } }])
    },
    60_000,
  )
})
