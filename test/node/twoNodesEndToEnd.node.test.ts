import { expect, it } from '@jest/globals'
import { chooseChapters } from '../e2e/chapters.ts'
import { runChapters } from '../e2e/runChapters.ts'
import { Story } from '../demo/story.ts'
import { describeUnless } from '../support/leftOut.ts'
import { noTwoNodes } from '../support/twoNodes.ts'

describeUnless(noTwoNodes, 'the product on two real nodes, from end to end (the short form of make e2e)', () => {
  it('reports every kill that the kernels count, once', async () => {
    const figures = await runChapters(new Story(() => undefined), chooseChapters('', true))
    expect(figures).toMatch(/^nodes 2, .* lost 0$/)
  }, 1_200_000)
})
