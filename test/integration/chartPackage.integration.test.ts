import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { packageChart } from '../../hack/chart/packageChart.ts'
import { OPERATOR_FLAGS } from '../../hack/warmParts.ts'
import { VERSION } from '../../program/version.ts'
import { whyNoServers } from '../cluster/host/requirements.ts'
import { ensureHelm, type Helm } from '../support/helm.ts'
import { describeUnless } from '../support/leftOut.ts'

const PRODUCT = `sha256:${'0f'.repeat(32)}`
const NATS = `sha256:${'1e'.repeat(32)}`
const CREATED = '2026-11-26T05:00:00Z'

describeUnless(whyNoServers(), 'the packaged chart, with a real helm', () => {
  const folder = mkdtempSync(join(tmpdir(), 'oomkeeper-package-'))
  let helm: Helm
  let chart: string
  const pack = (name: string): Promise<string> =>
    packageChart({ version: VERSION, digest: PRODUCT, created: CREATED, folder: join(folder, name) })
  const imagesOf = async (...values: readonly string[]): Promise<string[]> => {
    const rendered = await helm(['template', 'oomkeeper', chart, ...values.flatMap((value) => ['--set', value])])
    return Array.from(rendered.matchAll(/^ *image: (.+)$/gm), ([, image = '']) => image)
  }

  beforeAll(async () => {
    helm = await ensureHelm(folder)
    chart = await pack('first')
  }, 1_800_000)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('installs the image by its digest, in every pod that runs it', async () => {
    const images = await imagesOf()
    expect(images.length).toBeGreaterThan(3)
    const others = images.filter((image) => image !== `ghcr.io/oomkeeper/oomkeeper@${PRODUCT}`)
    expect(others).toEqual([expect.stringMatching(/^docker\.io\/library\/nats:\d/)])
  })

  it('takes that of nats-server by digest too, and the product’s by a tag again where there is no digest', async () => {
    const images = await imagesOf(`nats.image.digest=${NATS}`, 'image.digest=', 'image.tag=next')
    expect(new Set(images)).toEqual(new Set(['ghcr.io/oomkeeper/oomkeeper:next', `docker.io/library/nats@${NATS}`]))
  })

  it('starts the operator with the flags that V8 compiled it with, and no others', async () => {
    const rendered = await helm(['template', 'oomkeeper', chart, '--show-only', 'templates/operator.yaml'])
    expect(/name: NODE_OPTIONS, value: '(.+)'/.exec(rendered)?.[1]).toBe(OPERATOR_FLAGS.join(' '))
  })

  it('refuses a digest that is none', async () => {
    await expect(imagesOf('image.digest=latest')).rejects.toThrow(/image.digest|\/image\/digest/)
  })

  it('is the same bytes of the same chart and image', async () => {
    expect(readFileSync(await pack('again'))).toEqual(readFileSync(chart))
  })
})
