import type { AddressInfo } from 'node:net'
import { checkSurroundings, clientsOf, settingsOf, type EmulatorOptions } from './state/options.js'
import { newServer } from './server.js'
import { GoogleEmulator } from './control/google-emulator.js'
import { defaultUsers } from './state/registry/users.js'
import { newWorld } from './state/world.js'

/**
 * A Google emulator, which listens on 127.0.0.1 by default: sign-in pages, tokens, keys and a Calendar API over real HTTP. For
 * tests, and to try an app. It keeps all data in memory and asks for no password, so it throws an `Error` under
 * `NODE_ENV=production` unless `allowInProduction` is given.
 * @param options Users, clients, lifetimes, where it listens; each has a default.
 */
export async function startGoogleEmulator(options: EmulatorOptions = {}): Promise<GoogleEmulator> {
  checkSurroundings(options)
  const world = newWorld(settingsOf(options), () => `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`)
  for (const client of clientsOf(options)) world.clients.add(client)
  for (const user of options.users ?? []) world.users.add(user)
  for (const account of options.serviceAccounts ?? []) world.serviceAccounts.add(account)
  const server = newServer(world)
  await server.listen({ host: options.host ?? '127.0.0.1', port: options.port ?? 0 })
  if (!options.users) for (const user of defaultUsers(world.issuer)) world.users.add(user)
  return new GoogleEmulator(world, server)
}
