import { returnTarget } from './return-target.js'
import type { GoogleAuthOptions } from '../types/options.js'
import { check } from './check.js'

export interface Paths {
  start: string
  return: string
  signOut: string
  revoke: string
  risc: string
  credential: string
  code: string
}

export const DEFAULT_PATHS = {
  startPath: '/auth/start',
  returnPath: '/auth/return',
  signOutPath: '/auth/signout',
  revokePath: '/auth/revoke',
  riscPath: '/auth/risc',
  credentialPath: '/auth/credential',
  codePath: '/auth/code'
}

/** The paths of the routes, with the `prefix` of the scope in which the plugin is registered. */
export function checkPaths(options: GoogleAuthOptions, prefix: string): Paths {
  const path = (name: keyof typeof DEFAULT_PATHS): string => {
    const { [name]: value = DEFAULT_PATHS[name] }: GoogleAuthOptions = options
    check(
      typeof value === 'string' && /^\/[\w.~/-]+$/.test(value) && !value.includes('//'),
      name,
      'must be a path such as /auth/start, without parameters',
      `Leave it out for ${DEFAULT_PATHS[name]}.`
    )
    return prefix + value
  }
  const paths = {
    start: path('startPath'),
    return: path('returnPath'),
    signOut: path('signOutPath'),
    revoke: path('revokePath'),
    risc: path('riscPath'),
    credential: path('credentialPath'),
    code: path('codePath')
  }
  check(
    new Set(Object.values(paths)).size === Object.keys(paths).length,
    'returnPath',
    'and the other paths must differ from each other',
    'Give each route its own path.'
  )
  return paths
}

export function checkDefaultReturnTo(given: unknown = '/', origin: string, trusted: readonly string[]): string {
  const target = returnTarget(given, origin, trusted)
  check(
    target !== null,
    'defaultReturnTo',
    'must be a path of this site, or a URL of one of trustedOrigins',
    'Pass for example /home.'
  )
  return target
}

/** @see https://spec.openapis.org/oas/v3.1.0#components-object */
export function checkSecurityScheme(given: unknown): string | undefined {
  check(
    given === undefined || (typeof given === 'string' && /^[\w.-]+$/.test(given)),
    'securityScheme',
    'must be the name of a security scheme of your OpenAPI document',
    "Leave it out, or pass for example 'session'."
  )
  return given
}
