import { secureUrl } from '../../core/lib/url.js'
import type { GoogleAuthOptions } from '../types/options.js'
import { check, isText } from './check.js'

/** How the app looks on the built-in pages. */
export interface Brand {
  name?: string
  /** A path of this site, or an https URL. */
  logo?: string
  /** `#rrggbb`, of buttons. */
  color?: string
}

const LONGEST_NAME = 60

/** The checked options `appName`, `appLogo` and `appColor`. Throws a `TypeError`. */
export function checkBrand({ appName, appLogo, appColor }: GoogleAuthOptions): Brand {
  const isName = appName === undefined || (isText(appName) && appName.length <= LONGEST_NAME)
  check(isName, 'appName', `must be a text of at most ${LONGEST_NAME} characters`, "Pass for example 'Team calendar'.")
  const isLogo = appLogo === undefined || secureUrl(appLogo) !== null || (isText(appLogo) && /^\/(?!\/)/.test(appLogo))
  check(isLogo, 'appLogo', 'must be a path of this site, or an https URL', "Pass for example '/logo.svg'.")
  const isColor = appColor === undefined || (isText(appColor) && /^#[0-9a-f]{6}$/i.test(appColor))
  check(isColor, 'appColor', 'must be a color as #rrggbb', "Pass for example '#0b57d0'.")
  return {
    ...(appName === undefined ? {} : { name: appName }),
    ...(appLogo === undefined ? {} : { logo: appLogo }),
    ...(appColor === undefined ? {} : { color: appColor })
  }
}
