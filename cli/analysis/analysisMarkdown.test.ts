import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { formatMarkdown } from './analysisMarkdown.ts'
import { analyseLog } from './events.testkit.ts'

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')

describe('formatMarkdown', () => {
  it('tells an event as in its fixture', () => {
    const events = analyseLog(read('../../test/fixtures/dumps/2.6.32-el6-slab-leak.log'))
    expect(formatMarkdown(events)).toBe(read('fixtures/2.6.32-el6-slab-leak.md'))
  })

  it('lets no command become markup', () => {
    const text = formatMarkdown(
      analyseLog('Out of memory: Killed process 7 (<b>|[x](y)`) total-vm:4000kB, anon-rss:4kB, file-rss:0kB'),
    )
    expect(text).toContain('&lt;b&gt;\\|\\[x\\](y)\\` (pid 7) was killed')
  })
})
