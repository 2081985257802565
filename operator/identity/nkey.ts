import { createPrivateKey, createPublicKey, sign } from 'node:crypto'

/**
 * Keys of NATS: Ed25519 keys, written in base32 with the byte of their kind before them and a CRC-16 behind.
 * Source: github.com/nats-io/nkeys, strkey.go and crc16.go (v0.4.16).
 */
const KIND_BYTE = { account: 0, server: 13 << 3, user: 20 << 3 } as const
export type NkeyKind = keyof typeof KIND_BYTE

const SEED_BYTE = 18 << 3
const RAW_KEY_BYTES = 32
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
/** Of PKCS #8 (RFC 8410), before the 32 bytes of an Ed25519 private key. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')

export interface Nkey {
  /** `A…` of an account, `U…` of a user. */
  publicKey: string
  sign(data: string | Uint8Array): Buffer
}

/** @param random 32 bytes. */
export function makeSeed(kind: NkeyKind, random: Uint8Array): string {
  if (random.length !== RAW_KEY_BYTES) throw new Error(`expected ${RAW_KEY_BYTES} random bytes, got ${random.length}`)
  const role = KIND_BYTE[kind]
  // Two letters that say what it is: `SA`, `SU`.
  return encode(Buffer.from([SEED_BYTE | (role >> 5), (role & 31) << 3, ...random]))
}

/** @throws Error that does not tell the text, which may be nearly a secret. */
export function readSeed(seed: string, kind: NkeyKind): Nkey {
  const bytes = decode(seed)
  const role = KIND_BYTE[kind]
  const isSeed = bytes?.[0] === (SEED_BYTE | (role >> 5)) && bytes[1] === (role & 31) << 3
  if (bytes === undefined || !isSeed || bytes.length !== RAW_KEY_BYTES + 2)
    throw new Error(`expected the seed of a NATS ${kind} key, got ${seed.length} characters that are none`)
  const key = createPrivateKey({
    key: Buffer.concat([PKCS8_PREFIX, bytes.subarray(2)]),
    format: 'der',
    type: 'pkcs8',
  })
  const { x = '' } = createPublicKey(key).export({ format: 'jwk' })
  const publicKey = encode(Buffer.concat([Buffer.from([role]), Buffer.from(x, 'base64url')]))
  return { publicKey, sign: (data) => sign(null, Buffer.from(data), key) }
}

export function isPublicNkey(text: string, kind: NkeyKind): boolean {
  const bytes = decode(text)
  return bytes?.length === RAW_KEY_BYTES + 1 && bytes[0] === KIND_BYTE[kind]
}

function encode(payload: Buffer): string {
  const checked = Buffer.alloc(payload.length + 2)
  payload.copy(checked)
  checked.writeUInt16LE(crc16(payload), payload.length)
  let text = ''
  let bits = 0
  let held = 0
  for (const byte of checked) {
    held = (held << 8) | byte
    for (bits += 8; bits >= 5; bits -= 5) text += ALPHABET[(held >> (bits - 5)) & 31]
    held &= (1 << bits) - 1
  }
  return bits === 0 ? text : text + ALPHABET[(held << (5 - bits)) & 31]
}

/** @returns what stands before the checksum; undefined where that is wrong. */
function decode(text: string): Buffer | undefined {
  const bytes: number[] = []
  let bits = 0
  let held = 0
  for (const letter of text) {
    const value = ALPHABET.indexOf(letter)
    if (value < 0) return undefined
    held = (held << 5) | value
    bits += 5
    if (bits < 8) continue
    bits -= 8
    bytes.push((held >> bits) & 255)
    held &= (1 << bits) - 1
  }
  const all = Buffer.from(bytes)
  // One way to write each key: nothing is left over.
  if (all.length < 3 || bits >= 5 || held !== 0) return undefined
  const payload = all.subarray(0, -2)
  return all.readUInt16LE(payload.length) === crc16(payload) ? payload : undefined
}

/** CRC-16/XMODEM. */
function crc16(bytes: Uint8Array): number {
  let crc = 0
  for (const byte of bytes) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021
    crc &= 0xffff
  }
  return crc
}
