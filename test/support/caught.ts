/** What `work` throws; throws itself when there is nothing. */
export async function caught(work: Promise<unknown>): Promise<any> {
  try {
    await work
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}
