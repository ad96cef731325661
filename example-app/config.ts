/** What the environment says. An empty variable counts as one that is not set. */
export interface Config {
  host: string
  /** Absent: 3000, or the next port that is free. */
  port?: number
  /** The app's own address as a browser sees it. Absent: `http://localhost` with the port. */
  publicUrl?: string
  /** Path of client_secrets.json. Absent: the Google emulator. */
  clientSecretsFile?: string
  /** Port of the Google emulator, which then listens where the app does. Absent: any free one, on this machine alone. */
  emulatorPort?: number
  /** Absent: everything is kept in memory. */
  redisUrl?: string
  /** Absent: one that ends with the process. */
  secret?: string
  logLevel: string
}

/** Reads the settings; throws an `Error` that says what to change. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const port = portOf(env, 'PORT')
  const emulatorPort = portOf(env, 'EMULATOR_PORT')
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
    host: env.HOST || '127.0.0.1',
    ...(port !== undefined && { port }),
    ...(emulatorPort !== undefined && { emulatorPort }),
    ...(env.PUBLIC_URL && { publicUrl: new URL(env.PUBLIC_URL).origin }),
    ...(env.GOOGLE_CLIENT_SECRETS && { clientSecretsFile: env.GOOGLE_CLIENT_SECRETS }),
    ...(env.REDIS_URL && { redisUrl: env.REDIS_URL }),
    ...(env.AUTH_SECRET && { secret: env.AUTH_SECRET }),
    logLevel: env.LOG_LEVEL || 'warn'
  }
}

function portOf(env: NodeJS.ProcessEnv, name: 'PORT' | 'EMULATOR_PORT'): number | undefined {
  if (!env[name]) return undefined
  const port = Number(env[name])
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port
  throw new Error(`${name} must be a number from 1 to 65535, not ${JSON.stringify(env[name])}.`)
}
