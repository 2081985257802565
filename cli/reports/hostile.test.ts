import { describe, expect, it } from '@jest/globals'
import { columnsOf } from '../analysis/columns.ts'
import { explain } from './explain.ts'
import { list } from './list.ts'
import { FakeWorld, webReport } from './reports.testkit.ts'
import { show } from './show.ts'
import { top } from './top.ts'

/** What a terminal acts on, or shows in another order; a new line is ours alone where it ends a line. */
const ACTED_ON = /[^\P{Cc}\n]|\p{Cf}|[\u2028\u2029]/u
const HOSTILE = '\u001b]0;owned\u0007\u001b[2J\r\u009b31m\u202eevil\u2028\nEND'

const inShop = { context: undefined, kubeconfig: undefined, namespace: undefined, allNamespaces: false }

/** Every text of an object with that behind it, but for what makes it a report of a namespace. */
function poison(value: unknown, key = ''): unknown {
  if (typeof value === 'string') return ['kind', 'namespace', 'apiVersion'].includes(key) ? value : `${value}${HOSTILE}`
  if (Array.isArray(value)) return value.map((item) => poison(item))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [
      key.startsWith('by') ? `${name}${HOSTILE}` : name,
      poison(field, name),
    ]),
  )
}

/** A value of any other type in the place of each value, one after the other. */
function* mistyped(value: unknown): Generator<unknown> {
  yield* [null, 7, 'text', [], {}, [null], { a: null }]
  if (typeof value !== 'object' || value === null) return
  for (const [key, field] of Object.entries(value)) {
    for (const other of mistyped(field)) {
      yield Array.isArray(value)
        ? value.map((item, at) => (String(at) === key ? other : item))
        : { ...value, [key]: other }
    }
  }
}

describe('a report that somebody wrote by hand', () => {
  const trend = { hour: '2026-03-01T13:00:00Z', kills: Array(24).fill(1).join(' '), perDay: Array(7).fill(1).join(' ') }
  const poisoned = poison(webReport({ verdict: 'x', trend })) as ReturnType<typeof webReport>
  const { name } = poisoned.metadata

  it.each(['table', 'wide', 'json', 'yaml', 'name'] as const)('does nothing to a terminal, as %s', async (output) => {
    for (const columns of [undefined, 80, 20]) {
      const world = new FakeWorld([poisoned])
      world.columns = columns
      await list({ ...inShop, output }, world)
      await top({ ...inShop, output, window: '7d', top: 5 }, world)
      expect(world.stdout).toContain('deploy')
      expect(world.stdout).not.toMatch(ACTED_ON)
    }
  })

  it('does nothing to a terminal when it is shown, and leaves no line that is not ours', async () => {
    for (const columns of [undefined, 80, 20]) {
      const world = new FakeWorld([{ ...poisoned, metadata: { ...poisoned.metadata, name: 'web' } }])
      world.columns = columns
      await show({ ...inShop, output: 'wide', noColor: true }, 'web', world)
      expect(world.stdout).not.toMatch(ACTED_ON)
      // The candidates are a table of their own: its lines stay lines, indented.
      expect(world.stdout).not.toMatch(/^END/m)
      if (columns !== undefined) {
        for (const line of world.stdout.split('\n')) expect(columnsOf(line)).toBeLessThanOrEqual(columns)
      }
    }
    expect(name).toContain('deployment.web.app')
  })

  const operator = { operator: undefined, operatorNamespace: 'oomkeeper', noColor: true, verbose: true }
  const named = { ...poisoned, metadata: { ...poisoned.metadata, name: 'web' } }
  const event = { victim: { pid: 7, command: HOSTILE.slice(0, 60) }, attribution: { source: 'none' as const } }
  const lines = `x invoked oom-killer: gfp_mask=0xcc0, order=0\n${HOSTILE}\nOut of memory: Killed process 7 (${HOSTILE.slice(0, 12)})\n`
  it.each(['text', 'json', 'yaml', 'markdown'] as const)(
    'does nothing to a terminal when a kill of it is explained, as %s: by its lines, by one of them, or by what the report has',
    async (output) => {
      for (const store of [(w: FakeWorld) => w.store(event, lines), (w: FakeWorld) => w.store(event), () => {}]) {
        const world = new FakeWorld([named])
        world.columns = 80
        store(world)
        await explain({ ...inShop, ...operator, output }, ['web'], world)
        expect(world.stdout + world.stderr).not.toMatch(ACTED_ON)
        expect(world.stdout.length).toBeGreaterThan(100)
      }
    },
  )

  it('ends no command, whatever stands where', async () => {
    const whole = webReport({ trend })
    let shown = 0
    for (const object of mistyped(whole)) {
      const world = new FakeWorld([])
      world.objects.push(object)
      const code = await Promise.all([
        list({ ...inShop, output: 'wide' }, readable(world, object)),
        top({ ...inShop, output: 'wide', window: '24h', top: 5 }, readable(world, object)),
        show({ ...inShop, output: 'text', noColor: true }, 'any', readable(world, object)).catch(
          (error: { code?: string }) => error.code,
        ),
      ])
      expect(code.every((one) => one === 0 || one === 1 || one === 'ObjectUnreadable')).toBe(true)
      shown++
    }
    expect(shown).toBeGreaterThan(300)
  })
})

/** The apiserver gives this object, whatever is asked for. */
function readable(world: FakeWorld, object: unknown) {
  async function* all(): AsyncGenerator<unknown> {
    yield object
  }
  return Object.assign(world, {
    reports: { currentNamespace: () => Promise.resolve('shop'), list: all, get: () => Promise.resolve(object) },
  })
}
