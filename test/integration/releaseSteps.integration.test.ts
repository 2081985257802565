import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { load } from 'js-yaml'
import { runCommand } from '../cluster/process/run.ts'
import { itUnless, type Reason } from '../support/leftOut.ts'

interface Workflow {
  jobs: { release: { defaults: { run: { shell: string } }; steps: { name?: string; run?: string }[] } }
}

const { release } = (
  load(readFileSync(new URL('../../.github/workflows/release.yml', import.meta.url), 'utf8')) as Workflow
).jobs

const lacks = (program: string): Reason => {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' })
    return undefined
  } catch {
    return `there is no ${program}`
  }
}

describe('the release workflow', () => {
  const folder = mkdtempSync(join(tmpdir(), 'oomkeeper-release-'))
  const PATH = `${folder}/bin:${process.env['PATH'] ?? ''}`

  /** As the runner does with `shell: bash`. @throws CommandError with what the step said */
  const runStep = (name: string, env: Readonly<Record<string, string>>): Promise<string> => {
    const script = release.steps.find((step) => step.name === name)?.run ?? `expected a step '${name}'`
    return runCommand(['bash', '--noprofile', '--norc', '-eo', 'pipefail', '-c', script], {
      cwd: folder,
      env: { PATH, HOME: folder, GITHUB_REPOSITORY: 'oomkeeper/oomkeeper', ...env },
    })
  }
  /** In place of GitHub's: prints what it is asked to, or how it was called. */
  const fakeGh = (said: string): void => writeFileSync(join(folder, 'said'), said)
  const git = (...args: readonly string[]): string =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example', ...args], { cwd: folder })
      .toString()
      .trim()
  const commit = (): string => {
    git('commit', '--quiet', '--allow-empty', '-m', 'one more')
    return git('rev-parse', 'HEAD')
  }

  beforeAll(() => {
    mkdirSync(join(folder, 'bin'))
    writeFileSync(join(folder, 'bin/gh'), `#!/bin/sh\nif [ "$1" = api ]; then cat ${folder}/said; else echo "$@"; fi\n`)
    chmodSync(join(folder, 'bin/gh'), 0o755)
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('fails with the first program of a pipe that fails', () => {
    expect(release.defaults.run.shell).toBe('bash')
  })

  itUnless(lacks('git'), 'releases a commit that main has, and none beside it', async () => {
    git('init', '--quiet')
    const onMain = commit()
    git('update-ref', 'refs/remotes/origin/main', commit())
    const beside = commit()
    await expect(runStep('Check that the commit is on main', { GITHUB_SHA: onMain })).resolves.toBe('')
    await expect(runStep('Check that the commit is on main', { GITHUB_SHA: beside })).rejects.toThrow(
      `::error::expected a tag of a commit on main, got ${beside}`,
    )
  })

  it.each([
    ['1.0.0', '--generate-notes --latest dist'],
    ['1.0.0-rc.1', '--generate-notes --prerelease dist'],
  ])('calls %s what it is', async (version, words) => {
    const said = await runStep('Publish the release', { VERSION: version, GITHUB_REF_NAME: `v${version}` })
    expect(said).toContain(words)
    expect(said).toContain(' crds/oomkeeper-crds.yaml')
  })

  const run = (conclusion: string | null, slug = 'github-actions'): object => ({
    status: conclusion === null ? 'in_progress' : 'completed',
    conclusion,
    app: { slug },
  })
  const outcomes: readonly [string, object[], string | undefined][] = [
    ['has passed', [run('cancelled'), run('success')], undefined],
    ['has failed', [run('failure')], 'got: failure'],
    ['runs still', [run(null)], 'got: in_progress'],
    ['has never run', [], 'got: no run'],
    ['is what somebody else calls so', [run('success', 'somebody')], 'got: no run'],
  ]
  for (const [title, runs, refusal] of outcomes)
    itUnless(lacks('jq'), `asks CI, which ${title}`, async () => {
      fakeGh(JSON.stringify({ check_runs: runs }))
      const asked = runStep('Check that CI has passed it', { GITHUB_SHA: 'abc' })
      if (refusal === undefined) await expect(asked).resolves.toBe('')
      else await expect(asked).rejects.toThrow(`expected CI to have passed abc, ${refusal}`)
    })
})
