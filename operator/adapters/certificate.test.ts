import { X509Certificate } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { issueCertificate, makeAuthority } from './certificate.ts'

const NOW = new Date('2026-03-01T12:00:00Z')
const authority = await makeAuthority('oomkeeper test CA', NOW)
const ca = new X509Certificate(authority.certificatePem)

describe('makeAuthority', () => {
  it('makes a certificate authority that signs itself', () => {
    expect(ca.ca).toBe(true)
    expect(ca.subject).toBe('CN=oomkeeper test CA')
    expect(ca.verify(ca.publicKey)).toBe(true)
  })
})

describe('issueCertificate', () => {
  it('makes a server certificate for names and addresses, signed by the authority', async () => {
    const names = ['localhost', 'kubernetes.default.svc', '10.96.0.1']
    const issued = await issueCertificate(authority, { commonName: 'kube-apiserver', usage: 'server', names }, NOW)
    const certificate = new X509Certificate(issued.certificatePem)
    expect(certificate.verify(ca.publicKey)).toBe(true)
    expect(certificate.checkIssued(ca)).toBe(true)
    expect(certificate.checkHost('kubernetes.default.svc')).toBe('kubernetes.default.svc')
    expect(certificate.checkIP('10.96.0.1')).toBe('10.96.0.1')
    expect(certificate.checkIP('10.96.0.2')).toBeUndefined()
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1'])
  })

  it('makes a client certificate whose group is the organization', async () => {
    const request = { commonName: 'apiserver', organization: 'system:masters', usage: 'client' } as const
    const certificate = new X509Certificate((await issueCertificate(authority, request, NOW)).certificatePem)
    expect(certificate.subject).toBe('O=system:masters\nCN=apiserver')
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2'])
    expect(certificate.ca).toBe(false)
  })

  it('makes a certificate of a server that is a client of its peers, for as long as is asked for', async () => {
    const names = ['*.routes.oomkeeper.svc']
    const dayMs = 86_400_000
    const issued = await issueCertificate(authority, { commonName: 'nats', usage: 'peer', names }, NOW, dayMs)
    const certificate = new X509Certificate(issued.certificatePem)
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'])
    expect(certificate.checkHost('nats-0.routes.oomkeeper.svc')).toBe('*.routes.oomkeeper.svc')
    expect(certificate.validTo).toBe('Mar  2 12:00:00 2026 GMT')
  })

  it('is valid from before now to a month later', async () => {
    const certificate = new X509Certificate(
      (await issueCertificate(authority, { commonName: 'a', usage: 'client' }, NOW)).certificatePem,
    )
    expect(certificate.validFrom).toBe('Mar  1 11:00:00 2026 GMT')
    expect(certificate.validTo).toBe('Mar 31 12:00:00 2026 GMT')
  })

  it('gives every certificate a positive serial number, whatever the random bytes', async () => {
    for (let n = 0; n < 20; n++) {
      const { certificatePem } = await issueCertificate(authority, { commonName: 'a', usage: 'client' }, NOW)
      expect(new X509Certificate(certificatePem).serialNumber).toMatch(/^[0-9A-F]+$/)
    }
  })
})
