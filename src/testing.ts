/**
 * For tests of an app: users who are signed in without Google, a browser over `app.inject`, and the contract of a storage.
 * @module fastify-google-auth/testing
 */
export { signIn } from './testing/sign-in.js'
export { createBrowser, TestBrowser } from './testing/browser.js'
export { storageContract } from './testing/storage-contract.js'

export type { AppUnderTest } from './testing/app.js'
export type { BrowserOptions, Page, RequestParams } from './testing/browser.js'
export type { TestCookie } from './testing/cookies.js'
export type { SignedInUser } from './testing/sign-in.js'
export type { StorageCheck } from './testing/storage-contract.js'
export type { TestUser } from './testing/test-user.js'
