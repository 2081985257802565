import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { makePrivateFolder, parseFolderOwner } from './privateFolder.ts'

describe('parseFolderOwner', () => {
  it('reads the process that a folder was made by', () => {
    expect(parseFolderOwner('oomkeeper-nats-42-4711-aB3xYz')).toEqual({ pid: 42, startTicks: 4711 })
  })

  it('knows no owner of what looks otherwise', () => {
    for (const name of ['oomkeeper-nats-42', 'other-nats-42-4711-aB3xYz', 'oomkeeper-nats-x-4711-aB3xYz']) {
      expect(parseFolderOwner(name)).toBeUndefined()
    }
  })
})

describe('makePrivateFolder', () => {
  it('removes the folders of processes that have died, and only those', () => {
    const base = mkdtempSync(join(tmpdir(), 'oomkeeper-base-'))
    mkdirSync(join(base, `oomkeeper-nats-${process.pid}-1-abcdef`, 'jetstream'), { recursive: true })
    mkdirSync(join(base, 'something-else'))
    const first = makePrivateFolder('nats', base)
    const second = makePrivateFolder('nats', base)
    expect(
      readdirSync(base)
        .map((name) => join(base, name))
        .toSorted(),
    ).toEqual([first, second, join(base, 'something-else')].toSorted())
    rmSync(base, { recursive: true })
  })
})
