import { globSync, readFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { load } from 'js-yaml'
import { ensureBuilt } from '../cluster/build/ensureBuilt.ts'
import { ACTIONLINT } from '../cluster/build/goModule.ts'
import { whyNoServers } from '../cluster/host/requirements.ts'
import { runCommand } from '../cluster/process/run.ts'
import { itUnless } from '../support/leftOut.ts'

const CHECKOUT = resolve(import.meta.dirname, '../..')
const WORKFLOWS = globSync(join(CHECKOUT, '.github/workflows/*.yml')).toSorted()

/** Of all workflows, by a pattern with one group. */
function allOf(pattern: RegExp): string[] {
  return WORKFLOWS.flatMap((file) =>
    Array.from(readFileSync(file, 'utf8').matchAll(pattern), ([, found = '']) => `${basename(file)}: ${found}`),
  )
}

describe('the workflows', () => {
  itUnless(
    whyNoServers(),
    'pass actionlint',
    async () => {
      const actionlint = join(await ensureBuilt(ACTIONLINT, () => undefined), 'actionlint')
      expect(WORKFLOWS.length).toBeGreaterThan(0)
      // Not what this machine happens to have beside it.
      await runCommand([actionlint, '-no-color', '-shellcheck=', '-pyflakes=', ...WORKFLOWS], { cwd: CHECKOUT })
    },
    600_000,
  )

  it('name each action by its commit, and beside it by its version', () => {
    const used = allOf(/uses: (.+)$/gm)
    expect(used.length).toBeGreaterThan(0)
    expect(used.filter((line) => !/: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))).toEqual([])
  })

  it('begin without rights but to read, and take what they need job by job', () => {
    for (const file of WORKFLOWS) {
      const { permissions } = load(readFileSync(file, 'utf8')) as { permissions?: object }
      expect([{}, { contents: 'read' }]).toContainEqual(permissions)
    }
  })

  it('call targets that the Makefile has', () => {
    const makefile = readFileSync(join(CHECKOUT, 'Makefile'), 'utf8')
    const missing = allOf(/(?:^|[ :])make ([a-z-]+)$/gm).filter(
      (line) => !new RegExp(`^${line.split(': ')[1]}:`, 'm').test(makefile),
    )
    expect(missing).toEqual([])
  })
})
