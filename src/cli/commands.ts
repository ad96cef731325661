import type { Command } from './command.js'

/** A command as the list shows it. It is loaded when it is called, so that none needs what another needs. */
interface Listed {
  summary: string
  load: () => Promise<Command>
}

/** The commands, by name. */
export const COMMANDS: Readonly<Record<string, Listed>> = {
  doctor: {
    summary: 'says what is wrong with a client_secrets.json, a redirect URI, an issuer or a Redis',
    load: async () => (await import('./doctor/doctor.js')).doctor
  },
  emulator: {
    summary: 'starts a Google for development, without passwords',
    load: async () => (await import('./emulator/emulator.js')).emulator
  },
  risc: {
    summary: 'registers the URL for security events (Cross-Account Protection), shows and verifies it',
    load: async () => (await import('./risc/risc.js')).risc
  }
}
