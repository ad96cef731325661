export * from './core.js'

export { googleAuth, googleAuth as default } from './plugin/plugin.js'
export { GoogleClient } from './plugin/grants/google-client.js'

export type { GoogleAuth } from './plugin/google-auth.js'
export type { GuardOptions } from './plugin/guard/guard.js'
export type { StartParams } from './plugin/sign-in/start-url.js'
export type { ErrorPage, GoogleAuthOptions, GoogleUser, SignInEvent } from './plugin/types.js'
