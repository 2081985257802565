import { describe, expect, it } from '@jest/globals'
import { nameOf, parseReference } from './reference.ts'

describe('parseReference', () => {
  const ofNode = { kind: 'NodeOOMReport', namespace: undefined, name: 'node-a' }

  it('takes a name, of the namespace given', () => {
    expect(parseReference('web-app', 'shop')).toEqual({ kind: 'OOMReport', namespace: 'shop', name: 'web-app' })
  })

  it.each(['node/node-a', 'noomr/node-a', 'nodeoomreport/node-a', 'NodeOOMReport/node-a'])('takes %s', (text) => {
    expect(parseReference(text, 'shop')).toEqual(ofNode)
  })

  it('reads what it writes', () => {
    expect(parseReference(nameOf('NodeOOMReport', 'node-a'), 'shop')).toEqual(ofNode)
    expect(parseReference(nameOf('OOMReport', 'web'), 'shop')?.kind).toBe('OOMReport')
  })

  it.each(['', 'pod/web', 'node/', 'node/a/b', '../x', 'Web', 'a?b', '-a', 'toString/web'])('refuses %j', (text) => {
    expect(parseReference(text, 'shop')).toBeUndefined()
  })
})
