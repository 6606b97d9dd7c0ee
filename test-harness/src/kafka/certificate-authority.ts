import 'reflect-metadata'
import { randomBytes, webcrypto } from 'node:crypto'
import {
  BasicConstraintsExtension,
  GeneralName,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'

/** A certificate and its private key, both PEM; the key is PKCS #8. */
export interface IssuedCertificate {
  readonly certificate: string
  readonly privateKey: string
}

/** What a certificate is to say. */
export interface CertificateRequest {
  readonly commonName: string
  /** `expired` ended its validity an hour ago. */
  readonly validity?: 'now' | 'expired' | undefined
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const HOUR_MS = 3_600_000
const LIFETIME_MS = 24 * HOUR_MS
/** Where test brokers and their clients are. */
const HOSTS = [new GeneralName('ip', '127.0.0.1'), new GeneralName('dns', 'localhost')]

/** Vouches for the brokers and the clients of one test cluster. */
export class CertificateAuthority {
  /** PEM. */
  readonly certificate: string
  readonly #name: string
  readonly #keys: webcrypto.CryptoKeyPair

  private constructor(name: string, keys: webcrypto.CryptoKeyPair, certificate: string) {
    this.#name = name
    this.#keys = keys
    this.certificate = certificate
  }

  static async create(commonName = 'kbackup test authority'): Promise<CertificateAuthority> {
    const keys = await newKeys()
    const certificate = await X509CertificateGenerator.createSelfSigned({
      ...validFor('now'),
      name: `CN=${commonName}`,
      keys,
      signingAlgorithm: ALGORITHM,
      extensions: [new BasicConstraintsExtension(true, undefined, true)],
    })
    return new CertificateAuthority(`CN=${commonName}`, keys, certificate.toString('pem'))
  }

  /** A certificate for brokers and clients on this machine. */
  async issue({ commonName, validity = 'now' }: CertificateRequest): Promise<IssuedCertificate> {
    const keys = await newKeys()
    const certificate = await X509CertificateGenerator.create({
      ...validFor(validity),
      subject: `CN=${commonName}`,
      issuer: this.#name,
      publicKey: keys.publicKey,
      signingKey: this.#keys.privateKey,
      signingAlgorithm: ALGORITHM,
      extensions: [new SubjectAlternativeNameExtension(HOSTS)],
    })
    const privateKey = PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY')
    return { certificate: certificate.toString('pem'), privateKey }
  }
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
}

/** The first bit of a serial number is 0, since it is a positive integer. */
function validFor(validity: 'now' | 'expired') {
  const notAfterMs = Date.now() + (validity === 'now' ? LIFETIME_MS : -HOUR_MS)
  const serialNumber = `01${randomBytes(8).toString('hex')}`
  return { serialNumber, notBefore: new Date(notAfterMs - 2 * LIFETIME_MS), notAfter: new Date(notAfterMs) }
}
