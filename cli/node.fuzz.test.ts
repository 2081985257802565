import { describe, expect, it } from '@jest/globals'
import { nodeFiles, SOUND } from '../agent/node/fakeNode.testkit.ts'
import { loadKubeletConfig } from '../agent/node/kubelet/loadKubeletConfig.ts'
import { mutate } from '#kernel/mutation.testkit.ts'
import { createRandom } from '#kernel/random.testkit.ts'
import { parseFlags } from '#program/flags.ts'
import { columnsOf } from './analysis/columns.ts'
import { node } from './node.ts'
import { nodeFlags } from './nodeFlags.ts'

const ROUNDS = 2_000

const KUBELET = {
  'var/lib/kubelet/config.yaml': `kind: KubeletConfiguration
evictionHard:
  memory.available: 500Mi
systemReserved: { memory: 1Gi }
enforceNodeAllocatable: [pods, kube-reserved]
memorySwap: { swapBehavior: LimitedSwap }
protectKernelDefaults: true
cgroupDriver: systemd
`,
}

describe('oomkeeper node on spoiled files', () => {
  it.each(['text', 'json'])(
    'never throws, and says only numbers that are numbers, in 80 columns, as %s',
    async (output) => {
      const parsed = parseFlags('node', nodeFlags, ['--output', output, '--verbose'], {})
      if (parsed.kind !== 'values') throw new Error('expected values')
      const random = createRandom(19411125)
      for (let round = 0; round < ROUNDS; round++) {
        const files = Object.entries({ ...SOUND, ...KUBELET }).map(([path, text]): [string, string] => [
          path,
          mutate(text.split('\n'), random, 4).join('\n'),
        ])
        const { text } = await node(parsed.values, {
          openRoot: () => nodeFiles(Object.fromEntries(files)),
          loadKubeletConfig: (yaml) => Promise.resolve(loadKubeletConfig(yaml)),
          hasColor: false,
        })
        expect(text).not.toMatch(/\bNaN\b|\bundefined\b|Infinity/)
        if (output === 'json') JSON.parse(text)
        else expect(text.split('\n').filter((line) => columnsOf(line) > 80)).toEqual([])
        // oxlint-disable-next-line no-control-regex
        expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
      }
    },
  )
})
