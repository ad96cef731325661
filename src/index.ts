export * from './core.js'

export { googleAuth, googleAuth as default } from './plugin/plugin.js'
export { GoogleClient } from './plugin/guard/google-client.js'

export type { GoogleAuth } from './plugin/plugin.js'
export type { StartParams } from './plugin/sign-in/start-url.js'
export type { ErrorPage, GoogleAuthOptions, GoogleUser, SignIn } from './plugin/types.js'
