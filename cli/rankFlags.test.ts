import { describe, expect, it } from '@jest/globals'
import { parseFlags } from '#program/flags.ts'
import { findConflicts, rankFlags } from './rankFlags.ts'

function parse(...argv: readonly string[]) {
  const parsed = parseFlags('oomkeeper rank', rankFlags, argv, {})
  if (parsed.kind === 'problems') return { problems: parsed.problems }
  if (parsed.kind !== 'values') throw new Error(`expected values, got ${parsed.kind}`)
  return { values: parsed.values, problems: findConflicts(parsed.values) }
}

const UID = '0f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60'

describe('the flags of rank', () => {
  it.each([
    ['/kubepods/burstable/', '/kubepods/burstable'],
    ['/sys/fs/cgroup/system.slice/a.service', '/system.slice/a.service'],
    ['/sys/fs/cgroup/memory/docker/x', '/docker/x'],
    ['/sys/fs/cgroupfoo', '/sys/fs/cgroupfoo'],
    ['/sys/fs/cgroup', '/'],
    ['/', '/'],
  ])('take a cgroup as people copy it: %s', (text, path) => {
    expect(parse('--cgroup', text).values?.cgroup).toBe(path)
  })

  it.each<[string[]]>([
    [['--pod', UID]],
    [['--container', '0123456789ab']],
    [['--node', 'a', '--pod', 'shop/web', '--container', 'app']],
    [['--watch', '--interval', '0.5', '--output', 'wide', '--command-line']],
  ])('go together: %j', (argv) => {
    expect(parse(...argv).problems).toEqual([])
  })

  it.each<[string[], RegExp]>([
    [['--interval', '2'], /^--interval: expected --watch with it/],
    [
      ['--watch', '--interval', '0.1'],
      /^--interval: expected SECONDS, got "0.1": it must be a number of seconds from 0.5/,
    ],
    [['--cgroup', 'a/b'], /^--cgroup: expected PATH, got "a\/b": it must be a path from the root/],
    [['--cgroup', '/a', '--pod', UID], /^--cgroup: expected no --pod/],
    [['--pod', 'shop/web'], /^--pod: expected --node NODE with a name/],
    [['--pod', 'web'], /^--pod: expected POD, got "web"/],
    [['--pod', UID, '--container', '0123456789ab'], /^--container: expected no --pod with it/],
    [['--container', 'app'], /^--container: expected 8 to 64 hexadecimal digits of an id, got "app"/],
    [['--node', 'a', '--container', 'app'], /^--container: expected --pod with a name/],
    [
      ['--node', 'a', '--command-line'],
      /^--command-line: expected no --node with it: command lines never leave a node/,
    ],
    [['--node', 'a', '--cgroup-root', '/x'], /^--cgroup-root: expected no --node/],
    [['--operator', 'http://x'], /^--operator: expected --node/],
  ])('are refused: %j', (argv, reason) => {
    expect(parse(...argv).problems).toEqual([expect.stringMatching(reason)])
  })
})
