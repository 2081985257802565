import { describe, expect, it } from '@jest/globals'
import { complete } from './complete.ts'
import { formatCompletion } from './scripts.ts'

const GIVEN = { namespace: undefined, context: undefined, kubeconfig: undefined }
const words = (...line: string[]) => {
  const found = complete(line)
  return found.kind === 'words' ? found.words.map(({ text }) => text) : found.kind
}

describe('complete', () => {
  it('offers the commands first, and behind help', () => {
    expect(words('')).toEqual(['list', 'show', 'explain', 'tail', 'top', 'rank', 'simulate', 'policy', 'completion'])
    expect(words('help', 'sh')).toEqual(words(''))
    expect(words('help', 'show', '')).toEqual([])
    expect(words('nonsense', '')).toEqual([])
  })

  it('offers the flags of a command, and what a flag takes', () => {
    expect(words('show', '--')).toEqual([
      '--namespace',
      '--output',
      '--no-color',
      '--context',
      '--kubeconfig',
      '--help',
    ])
    expect(words('list', '-o', '')).toEqual(['table', 'wide', 'json', 'yaml', 'name'])
    expect(words('list', '--output=j')).toEqual([
      '--output=table',
      '--output=wide',
      '--output=json',
      '--output=yaml',
      '--output=name',
    ])
    expect(words('top', '--window', '')).toEqual(['24h', '7d'])
    expect(words('top', '--top', '')).toEqual([])
    expect(words('completion', '')).toEqual(['bash', 'zsh', 'fish'])
  })

  it('asks the cluster that the line names for reports, namespaces, nodes and contexts', () => {
    expect(complete(['show', '-n', 'shop', '--context=prod', ''])).toEqual({
      kind: 'reports',
      given: { ...GIVEN, namespace: 'shop', context: 'prod' },
    })
    expect(complete(['explain', 'web', ''])).toEqual({ kind: 'words', words: [] })
    expect(complete(['rank', 'no'])).toEqual({ kind: 'nodes', given: GIVEN })
    expect(complete(['simulate', ''])).toEqual({ kind: 'nodes', given: GIVEN })
    expect(complete(['list', '-n', ''])).toEqual({ kind: 'namespaces', given: GIVEN })
    expect(complete(['list', '--context', ''])).toEqual({ kind: 'contexts', given: GIVEN })
    expect(complete(['tail', '-A', '--node', ''])).toEqual({ kind: 'nodes', given: GIVEN })
    expect(complete(['list', '--kubeconfig', ''])).toEqual({ kind: 'files' })
    expect(complete(['simulate', 'node-a', '--policy', ''])).toEqual({ kind: 'files' })
    expect(words('policy', '')).toEqual(['test'])
    expect(complete(['policy', 'test', '-f', ''])).toEqual({ kind: 'files' })
    expect(complete(['policy', 'test', '--node', ''])).toEqual({ kind: 'nodes', given: GIVEN })
    expect(words('policy', 'test', '')).toEqual([])
  })
})

describe('formatCompletion', () => {
  it('keeps what begins so, and nothing that a shell would take for more than a word', () => {
    const found = [{ text: 'web', help: 'one' }, { text: 'web-$(id)' }, { text: 'web\n:0' }, { text: 'other' }]
    expect(formatCompletion(found, 'w')).toBe('web\tone\n:4')
    expect(formatCompletion('files', '')).toBe(':0')
  })
})
