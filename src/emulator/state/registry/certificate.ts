import { type KeyObject, randomBytes, sign } from 'node:crypto'

const SEQUENCE = 0x30
const SET = 0x31
const VERSION = 0xa0
const INTEGER = 0x02
const BIT_STRING = 0x03
const NULL = 0x05
const OBJECT_ID = 0x06
const UTF8_STRING = 0x0c
const UTC_TIME = 0x17

/** One value in DER: its tag, its length, its content. */
function der(tag: number, ...parts: (Uint8Array | string)[]): Buffer {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part)))
  const { length } = content
  // A length above 127 is written as the number of its bytes and then those. Two are enough for a certificate.
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}

const objectId = (hex: string): Buffer => der(OBJECT_ID, Buffer.from(hex, 'hex'))

const SHA256_WITH_RSA = der(SEQUENCE, objectId('2a864886f70d01010b'), der(NULL))
const COMMON_NAME = objectId('550403')
const NAME = der(SEQUENCE, der(SET, der(SEQUENCE, COMMON_NAME, der(UTF8_STRING, 'Google emulator'))))
/** From 2020 to the last year that this kind of time can name. Nobody checks it: the clock of the emulator can be any. */
const VALIDITY = der(SEQUENCE, der(UTC_TIME, '200101000000Z'), der(UTC_TIME, '491231235959Z'))
const SERIAL_BYTES = 8

/**
 * The certificate of an RSA key, signed by itself, in PEM form. Google publishes its keys so too.
 * @see https://www.rfc-editor.org/rfc/rfc5280#section-4.1
 */
export function selfSignedCertificate({
  privateKey,
  publicKey
}: {
  privateKey: KeyObject
  publicKey: KeyObject
}): string {
  const content = der(
    SEQUENCE,
    der(VERSION, der(INTEGER, Buffer.from([2]))),
    // A leading 1, since the number must not be negative and has no needless zero.
    der(INTEGER, Buffer.from([1]), randomBytes(SERIAL_BYTES)),
    SHA256_WITH_RSA,
    NAME,
    VALIDITY,
    NAME,
    publicKey.export({ format: 'der', type: 'spki' })
  )
  const noUnusedBits = Buffer.from([0])
  const certificate = der(
    SEQUENCE,
    content,
    SHA256_WITH_RSA,
    der(BIT_STRING, noUnusedBits, sign('sha256', content, privateKey))
  )
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}
