import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { StoredReports } from './storedReports.ts'

/** What kubectl says of each, as it was called. */
const SCRIPT = `#!/bin/sh
case "$*" in
  *'oomreports?limit=250&continue=more') echo '{"items":[{"metadata":{"name":"c"}}],"metadata":{}}' ;;
  *'namespaces/shop/oomreports?limit=250') echo '{"items":[{"metadata":{"name":"a"}},{"metadata":{"name":"b"}}],"metadata":{"continue":"more"}}' ;;
  *'namespaces/other/'*) echo 'Error from server (Forbidden): oomreports.oomkeeper.io is forbidden: User "u" cannot list' >&2; exit 1 ;;
  *'/nodeoomreports/'*) echo 'Error from server (NotFound): nodeoomreports.oomkeeper.io "n" not found' >&2; exit 1 ;;
  *'/nodeoomreports'*) echo 'Error from server (NotFound): the server could not find the requested resource' >&2; exit 1 ;;
  *'/oomreports/broken') echo 'no json' ;;
  '--context prod config view '*) echo shop ;;
  'config view '*) echo 'error: current-context must exist in order to minify' >&2; exit 1 ;;
  *) echo "unexpected: $*" >&2; exit 9 ;;
esac
`

const { PATH = '' } = process.env
let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'oomkeeper-kubectl-'))
  writeFileSync(join(folder, 'kubectl'), SCRIPT)
  chmodSync(join(folder, 'kubectl'), 0o755)
  process.env['PATH'] = `${folder}${delimiter}${PATH}`
})

afterAll(() => {
  process.env['PATH'] = PATH
  rmSync(folder, { recursive: true, force: true })
})

async function namesOf(reports: StoredReports, namespace: string): Promise<unknown[]> {
  const objects: unknown[] = []
  for await (const object of reports.list('OOMReport', namespace)) objects.push(object)
  return objects
}

describe('StoredReports', () => {
  it('reads page after page, and tells of each object what it is', async () => {
    const found = await namesOf(new StoredReports({}), 'shop')
    expect(found).toEqual(
      ['a', 'b', 'c'].map((name) => ({
        apiVersion: 'oomkeeper.io/v1alpha1',
        kind: 'OOMReport',
        metadata: { name },
      })),
    )
  })

  it('takes the namespace of the context, and default where there is no context', async () => {
    expect(await new StoredReports({ context: 'prod' }).currentNamespace()).toBe('shop')
    expect(await new StoredReports({}).currentNamespace()).toBe('default')
  })

  it.each([
    ['refuses', () => namesOf(new StoredReports({}), 'other'), 3, 'User "u" cannot list'],
    [
      'has no such report',
      () => new StoredReports({}).get({ kind: 'NodeOOMReport', namespace: undefined, name: 'n' }),
      1,
      '"n" not found',
    ],
    [
      'has no such kind',
      () => new StoredReports({}).list('NodeOOMReport', undefined).next(),
      3,
      'is oomkeeper installed there?',
    ],
    [
      'answers with what is no JSON',
      () => new StoredReports({}).get({ kind: 'OOMReport', namespace: 'shop', name: 'broken' }),
      3,
      'expected JSON of the apiserver, got 8 characters that are none',
    ],
  ])('says so where the apiserver %s', async (_what, ask, exitCode, words) => {
    await expect(ask()).rejects.toMatchObject({ exitCode, message: expect.stringContaining(words) })
  })

  it('says what to do where there is no kubectl', async () => {
    process.env['PATH'] = '/nowhere'
    try {
      await expect(namesOf(new StoredReports({}), 'shop')).rejects.toMatchObject({
        code: 'KubectlMissing',
        exitCode: 3,
        message: expect.stringMatching(/^expected kubectl in PATH, got: .*ENOENT; install it$/),
      })
    } finally {
      process.env['PATH'] = `${folder}${delimiter}${PATH}`
    }
  })
})
