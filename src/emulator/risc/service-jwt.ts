import type { FastifyRequest } from 'fastify'
import { decodeJwt, type JWTPayload, jwtVerify } from 'jose'
import { Refusal } from '../http/refusal.js'
import { DEFAULT_PROJECT } from '../state/registry/clients.js'
import type { World } from '../state/world.js'

/** The audience of the JWTs that Google's RISC API takes. */
const AUDIENCE = 'https://risc.googleapis.com/google.identity.risc.v1beta.RiscManagementService'
const LONGEST_LIFE_S = 3_600
const TOLERANCE_S = 60

/** An error of the RISC API. */
export function riscRefusal(code: number, status: string, message: string): Refusal {
  return new Refusal(code, message, { error: { code, message, status } })
}

const unauthenticated = (why: string): Refusal =>
  riscRefusal(401, 'UNAUTHENTICATED', `Request had invalid authentication credentials: ${why}`)

/**
 * The project of the service account that signed the JWT of a request: RS256 by its registered key, `iss` and `sub` its address,
 * for this API, for one hour at most. Throws a refusal.
 * @see https://developers.google.com/identity/protocols/risc#auth-token
 */
export async function projectOf(world: World, request: FastifyRequest): Promise<string> {
  const jwt = /^Bearer ([^ ]+)$/i.exec(request.headers.authorization ?? '')?.[1]
  if (jwt === undefined) throw unauthenticated('there is no bearer token')
  let claimed: JWTPayload
  try {
    claimed = decodeJwt(jwt)
  } catch {
    throw unauthenticated('the bearer token is no JWT')
  }
  const account = world.serviceAccounts.find(claimed.iss ?? '')
  if (!account) throw unauthenticated('iss is no service account')
  const now = world.settings.now()
  const verified = await jwtVerify(jwt, account.publicKey, {
    algorithms: ['RS256'],
    issuer: account.clientEmail,
    subject: account.clientEmail,
    audience: AUDIENCE,
    requiredClaims: ['iat', 'exp'],
    clockTolerance: TOLERANCE_S,
    currentDate: new Date(now)
  }).catch((error: unknown) => {
    throw unauthenticated((error as { claim?: string }).claim ?? 'its signature is wrong')
  })
  const { kid } = verified.protectedHeader
  const { iat = 0, exp = 0 } = verified.payload
  if (kid !== undefined && kid !== account.keyId) throw unauthenticated('its key is not known')
  if (exp - iat > LONGEST_LIFE_S) throw unauthenticated('exp is more than one hour after iat')
  if (iat > now / 1000 + TOLERANCE_S) throw unauthenticated('iat')
  return /@([^.]+)\.iam\.gserviceaccount\.com$/.exec(account.clientEmail)?.[1] ?? DEFAULT_PROJECT
}
