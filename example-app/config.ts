/** The environment variables that the app reads, `NODE_ENV` aside. */
export const SETTINGS = [
  'HOST',
  'PORT',
  'PUBLIC_URL',
  'GOOGLE_CLIENT_SECRETS',
  'GOOGLE_EMULATOR',
  'EMULATOR_PORT',
  'REDIS_URL',
  'AUTH_SECRET',
  'LOG_LEVEL'
] as const

/** What the environment says. An empty variable counts as one that is not set. */
export interface Config {
  host: string
  /** Absent: 3000, or the next port that is free. */
  port?: number
  /** The app's own address as a browser sees it. Absent: `http://localhost` with the port. */
  publicUrl?: string
  /** Path of client_secrets.json. Absent: the Google emulator. */
  clientSecretsFile?: string
  /** Where the emulator listens: where the app does if it was asked for by name, else on this machine alone. */
  emulator: { host: string; port?: number }
  /** Absent: everything is kept in memory. */
  redisUrl?: string
  /** Absent: one that ends with the process. */
  secret?: string
  logLevel: string
}

const LOOPBACK = '127.0.0.1'

/** Reads the settings; throws an `Error` that says what to change. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const host = env.HOST || LOOPBACK
  const port = portOf(env, 'PORT')
  const emulatorPort = portOf(env, 'EMULATOR_PORT')
  const emulatorByName = wantsEmulator(env)
  if (env.PUBLIC_URL && !/^https?:\/\/[^/?#]+\/?$/.test(env.PUBLIC_URL)) {
    throw new Error(`PUBLIC_URL must be an address without a path, such as https://app.example.com.`)
  }
  if (!env.AUTH_SECRET && (env.GOOGLE_CLIENT_SECRETS || env.REDIS_URL)) {
    throw new Error(
      'AUTH_SECRET must be set when GOOGLE_CLIENT_SECRETS or REDIS_URL is: it seals what outlives this process. ' +
        'Make one with: openssl rand -hex 32'
    )
  }
  return {
    host,
    ...(port !== undefined && { port }),
    emulator: { host: emulatorByName ? host : LOOPBACK, ...(emulatorPort !== undefined && { port: emulatorPort }) },
    ...(env.PUBLIC_URL && { publicUrl: new URL(env.PUBLIC_URL).origin }),
    ...(env.GOOGLE_CLIENT_SECRETS && { clientSecretsFile: env.GOOGLE_CLIENT_SECRETS }),
    ...(env.REDIS_URL && { redisUrl: env.REDIS_URL }),
    ...(env.AUTH_SECRET && { secret: env.AUTH_SECRET }),
    logLevel: env.LOG_LEVEL || 'warn'
  }
}

/**
 * Whether the emulator was asked for by name. It signs in anybody as anybody, so in production it never stands in for a
 * client_secrets.json that is missing.
 */
function wantsEmulator(env: NodeJS.ProcessEnv): boolean {
  if (env.GOOGLE_EMULATOR && env.GOOGLE_EMULATOR !== '1') {
    throw new Error(`GOOGLE_EMULATOR must be 1 or empty, not ${JSON.stringify(env.GOOGLE_EMULATOR)}.`)
  }
  if (env.GOOGLE_EMULATOR && env.GOOGLE_CLIENT_SECRETS) {
    throw new Error('Set GOOGLE_EMULATOR or GOOGLE_CLIENT_SECRETS, not both: the app works with one Google at a time.')
  }
  if (env.NODE_ENV === 'production' && !env.GOOGLE_CLIENT_SECRETS && !env.GOOGLE_EMULATOR) {
    throw new Error(
      'GOOGLE_CLIENT_SECRETS must name your client_secrets.json when NODE_ENV is production. ' +
        'To run the Google emulator there, which signs in anybody as anybody, set GOOGLE_EMULATOR=1.'
    )
  }
  return env.GOOGLE_EMULATOR === '1'
}

function portOf(env: NodeJS.ProcessEnv, name: 'PORT' | 'EMULATOR_PORT'): number | undefined {
  if (!env[name]) return undefined
  const port = Number(env[name])
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port
  throw new Error(`${name} must be a number from 1 to 65535, not ${JSON.stringify(env[name])}.`)
}
