/**
 * A Google for tests and for trying things out: real HTTP, in memory, without passwords.
 * @module fastify-google-auth/emulator
 */
export { startGoogleEmulator } from './emulator/start.js'
export { EmulatorPageError } from './emulator/control/visited-page.js'

export type { UserBehavior } from './emulator/control/browserless.js'
export type { CalendarEvent, EventDraft, EventTime } from './emulator/state/calendar/event.js'
export type { Calendar } from './emulator/state/calendar/calendar.js'
export type { ClientRegistration, ClientSecretsFile, EmulatorClient } from './emulator/state/registry/clients.js'
export type { Fault } from './emulator/state/faults/faults.js'
export type { EmulatorOptions } from './emulator/state/options.js'
export type { Endpoint } from './emulator/http/paths.js'
export type { SeenRequest } from './emulator/state/faults/request-log.js'
export type { ServiceAccountKeyFile, EmulatorServiceAccount } from './emulator/state/registry/service-accounts.js'
export type { CredentialRequest } from './emulator/token/without-authorization-request.js'
export type { GoogleEmulator } from './emulator/control/google-emulator.js'
export type { SecurityEventType } from './emulator/risc/event-types.js'
export type { SecurityEventDraft } from './emulator/risc/security-event.js'
export type { RiscTransmitter, SecurityEventTarget, SentSecurityEvent } from './emulator/risc/transmitter.js'
export type { EventStream } from './emulator/state/registry/streams.js'
export type { Tampering } from './emulator/state/faults/tampering.js'
export type { RefreshRefusal } from './emulator/state/grants/refresh-refusals.js'
export type { EmulatorUser, UserRegistration } from './emulator/state/registry/users.js'
