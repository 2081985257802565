import { X509Certificate } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { whyNewCertificate } from '../keys/serverCertificate.ts'
import { makeServerCertificate } from './makeServerCertificate.ts'

const NAMES = ['nats.oomkeeper.svc', '*.nats-routes.oomkeeper.svc', '127.0.0.1']
const NOW = new Date('2026-03-01T12:00:00Z')
const yearsLater = (years: number): Date => new Date(NOW.getTime() + years * 365 * 86_400_000)
const certificatesIn = (pem = ''): X509Certificate[] =>
  (pem.match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----/g) ?? []).map((block) => new X509Certificate(block))

const first = await makeServerCertificate({}, NAMES, NOW)
const other = await makeServerCertificate({}, NAMES, NOW)

describe('makeServerCertificate', () => {
  it('makes a certificate for the server, of an authority that no key is left of', () => {
    expect(Object.keys(first)).toEqual(['ca.crt', 'tls.crt', 'tls.key'])
    const [authority] = certificatesIn(first['ca.crt'])
    const [certificate] = certificatesIn(first['tls.crt'])
    expect(authority && certificate?.verify(authority.publicKey)).toBe(true)
    expect(certificate?.checkHost('oomkeeper-nats-2.nats-routes.oomkeeper.svc')).toBeDefined()
    expect(certificate?.checkIP('127.0.0.1')).toBeDefined()
  })

  it('leaves it alone while more than a third of its time is left', async () => {
    await expect(makeServerCertificate(first, NAMES, yearsLater(6))).resolves.toEqual({})
  })

  it('makes another then, and lets clients trust that of before until it ends', async () => {
    const second = await makeServerCertificate(first, NAMES, yearsLater(7))
    expect(second['tls.crt']).not.toBe(first['tls.crt'])
    const [newest, before] = certificatesIn(second['ca.crt'])
    expect(newest && certificatesIn(second['tls.crt'])[0]?.verify(newest.publicKey)).toBe(true)
    expect(before && certificatesIn(first['tls.crt'])[0]?.verify(before.publicKey)).toBe(true)
    const third = await makeServerCertificate(second, NAMES, yearsLater(14))
    expect(certificatesIn(third['ca.crt'])).toHaveLength(2)
  })
})

describe('whyNewCertificate', () => {
  it.each([
    ['there is none', {}, NAMES],
    ['its key is another', { ...first, 'tls.key': other['tls.key'] ?? '' }, NAMES],
    ['it is of none of the authorities in ca.crt', { ...first, 'ca.crt': other['ca.crt'] ?? '' }, NAMES],
    ['it is not for nats.elsewhere.svc', first, [...NAMES, 'nats.elsewhere.svc']],
  ])('says that %s', (reason, secret, names) => {
    expect(whyNewCertificate(secret, names, NOW)).toBe(reason)
  })

  it('says that it cannot be read', () => {
    expect(whyNewCertificate({ ...first, 'tls.crt': 'x' }, NAMES, NOW)).toMatch(/^it cannot be read: /)
  })
})
