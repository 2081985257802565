import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve, dirname } from 'node:path'
import { describe, expect, it } from '@jest/globals'

/** docs/architecture.md, "Rooms": who may import whom. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  kernel: [],
  contract: ['kernel'],
  program: [],
  agent: ['kernel', 'contract', 'program'],
  operator: ['kernel', 'contract', 'program'],
  cli: ['kernel', 'contract', 'program', 'agent', 'operator'],
}
/** Folders of a room that touch the world, and files that wire; everything else computes. */
const TOUCHES_THE_WORLD = /\/(adapters\/|main\.ts$|generate\.ts$)|^program\/run\.ts$/
const WORLD = /^(?:node:(?:fs|net|http|https|child_process|dns|os|worker_threads)(?:\/.*)?|nats|pino)$/
/** Value imports of the client stand in one kind of place. */
const CLIENT_NODE = '@kubernetes/client-node'

const root = resolve(import.meta.dirname, '../..')

interface Import {
  file: string
  target: string
  typeOnly: boolean
}

function importsOf(room: string): Import[] {
  const files = readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })
  return files
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => join(room, file))
    .flatMap((file) => {
      const text = readFileSync(join(root, file), 'utf8')
      return [...text.matchAll(/^(?:import|export)\s+(type\s+)?[^'"]*?from\s+'([^']+)'/gms)].map(
        ([, type, target = '']) => ({
          file,
          target,
          typeOnly: type !== undefined,
        }),
      )
    })
}

/** The room that an import leads to; undefined for a package. */
function roomOf({ file, target }: Import): string | undefined {
  if (target.startsWith('#')) return target.slice(1).split('/')[0]
  if (!target.startsWith('.')) return undefined
  return relative(root, resolve(root, dirname(file), target)).split('/')[0]
}

const rooms = Object.keys(MAY_IMPORT)

describe('rooms', () => {
  it.each(rooms)('%s is there and has imports to check', (room) => {
    expect(existsSync(join(root, room))).toBe(true)
    expect(importsOf(room).length).toBeGreaterThan(0)
  })

  it.each(rooms)('%s imports only what the table allows', (room) => {
    const allowed = new Set([room, 'package.json', ...(MAY_IMPORT[room] ?? [])])
    const strangers = importsOf(room).filter((found) => !allowed.has(roomOf(found) ?? room))
    expect(strangers).toEqual([])
  })

  it.each(rooms)('%s computes outside of its adapters, and touches the world only there', (room) => {
    const found = importsOf(room).filter(
      ({ file, target, typeOnly }) => !typeOnly && WORLD.test(target) && !TOUCHES_THE_WORLD.test(file),
    )
    expect(found).toEqual([])
  })

  it('cli imports cores of agent and operator, never their adapters nor their wiring', () => {
    const found = importsOf('cli').filter(({ target }) =>
      /^\.\.\/(?:\.\.\/)?(?:agent|operator)\/(?:adapters\/|main\.ts)/.test(target),
    )
    expect(found).toEqual([])
  })

  it('value imports of the Kubernetes client stand in the operator’s adapters only', () => {
    const found = rooms
      .flatMap(importsOf)
      .filter(
        ({ file, target, typeOnly }) => target === CLIENT_NODE && !typeOnly && !file.startsWith('operator/adapters/'),
      )
    expect(found).toEqual([])
  })
})
