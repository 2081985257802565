import { createHash } from 'node:crypto'

/** What an image is made of, by the digest of its bytes. */
export interface Blob {
  mediaType: string
  /** `sha256:…` */
  digest: string
  content: Uint8Array
}

/** Of the OCI image specification, "Content Descriptors". */
export interface Descriptor {
  mediaType: string
  digest: string
  /** In bytes. */
  size: number
}

export function makeBlob(mediaType: string, content: Uint8Array): Blob {
  return { mediaType, digest: sha256(content), content }
}

export function jsonBlob(mediaType: string, value: unknown): Blob {
  return makeBlob(mediaType, Buffer.from(JSON.stringify(value)))
}

export function describeBlob({ mediaType, digest, content }: Blob): Descriptor {
  return { mediaType, digest, size: content.length }
}

export function sha256(content: Uint8Array): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`
}
