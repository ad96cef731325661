import type { FastifyInstance } from 'fastify'
import { endpointsOf, PATHS, ROUTES } from '../http/paths.js'
import type { World } from '../state/world.js'

/** How long apps may keep the keys: one hour. Google says between one and seven hours. */
const KEYS_MAX_AGE_S = 3600

/**
 * The discovery document and the keys. As at Google, the document does not mention the `iss` parameter, although
 * authorization responses have it.
 * @see https://accounts.google.com/.well-known/openid-configuration
 */
export function discoveryRoutes(app: FastifyInstance, world: World): void {
  app.get(ROUTES.discovery[0], (_request, reply) => {
    const { authorization, token, revocation, jwks, userinfo } = endpointsOf(world.issuer)
    const metadata = world.tamperings.discovery({
      issuer: world.issuer,
      authorization_endpoint: authorization,
      token_endpoint: token,
      userinfo_endpoint: userinfo,
      revocation_endpoint: revocation,
      jwks_uri: jwks,
      response_types_supported: ['code'],
      response_modes_supported: ['query'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
      scopes_supported: ['openid', 'email', 'profile'],
      token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic'],
      claims_supported: [
        'aud',
        'email',
        'email_verified',
        'exp',
        'family_name',
        'given_name',
        'iat',
        'iss',
        'name',
        'picture',
        'sub'
      ],
      code_challenge_methods_supported: world.settings.strict ? ['S256'] : ['plain', 'S256'],
      grant_types_supported: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:jwt-bearer']
    })
    return reply.header('cache-control', `public, max-age=${KEYS_MAX_AGE_S}`).send(metadata)
  })

  app.get(ROUTES.jwks[0], async (_request, reply) =>
    reply
      .header('cache-control', `public, max-age=${KEYS_MAX_AGE_S}, must-revalidate, no-transform`)
      .send(await world.keys.jwks())
  )

  app.get(PATHS.certificates, async (_request, reply) =>
    reply
      .header('cache-control', `public, max-age=${KEYS_MAX_AGE_S}, must-revalidate, no-transform`)
      .send(await world.keys.certificates())
  )
}
