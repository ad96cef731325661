import { OAuth2WebServerFlow } from '../core/flow/flow.js'
import { providerFetch } from '../core/provider/fetch.js'
import type { Settings } from './options/options.js'
import { clockWatchingFetch } from './warnings/in-requests.js'
import type { Warnings } from './warnings/warnings.js'

/** The flow that the routes drive. */
export function flowOf(settings: Settings, warnings: Warnings): OAuth2WebServerFlow {
  return new OAuth2WebServerFlow({
    ...settings.client,
    scope: settings.scopes,
    redirectUri: settings.redirectUri.href,
    accessType: settings.accessType,
    hostedDomain: settings.hostedDomains,
    issuer: settings.issuer,
    clockTolerance: settings.clockToleranceS,
    boundedFetch: clockWatchingFetch(warnings, settings.clockToleranceS * 1000, providerFetch(fetch))
  })
}
