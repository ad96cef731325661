/** The error that `work` throws. Throws when there is none. */
export async function caught(work: Promise<unknown>): Promise<any> {
  try {
    await work
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}
